"""Errors with one sentence for the user."""

import numpy as np
import pytest
import tiny
from torch._utils import ExceptionWrapper

from semgan_aug.core.errors import (
    ConfigError,
    InputError,
    found_no_frames,
    user_message,
    worker_was_killed,
)


def raised_again(error):
    """The error as torch raises it in the main process when a data worker has met it."""
    try:
        try:
            raise error
        except Exception:
            ExceptionWrapper(where='in DataLoader worker process 0').reraise()
    except Exception as again:
        return again


@pytest.mark.parametrize(
    'error, message',
    [
        (InputError('a.png cannot be read'), 'a.png cannot be read'),
        (KeyError('A is not in the registry'), 'A is not in the registry'),
        (KeyError('img'), 'img'),
        (AssertionError(), 'AssertionError'),
        (RuntimeError('two\n  lines'), 'two lines'),
        (ValueError("Error: it's wrong"), "Error: it's wrong"),
    ],
)
def test_the_sentence_of_an_error(error, message):
    assert user_message(error) == message


def test_the_sentence_of_a_data_worker():
    again = raised_again(InputError('the label of a.png holds the ids [7]'))
    assert isinstance(again, InputError) and 'Traceback' in str(again)
    assert user_message(again) == 'the label of a.png holds the ids [7]'


def test_long_messages_are_cut():
    message = user_message(RuntimeError('size mismatch for a.weight\n' * 1000))
    assert len(message) <= 600 and message.endswith(' ...')
    tiny.assert_one_sentence(message)


def test_config_errors_are_bad_input_that_all_processes_meet():
    assert issubclass(ConfigError, InputError) and issubclass(InputError, ValueError)
    assert InputError.every_rank and not ConfigError.every_rank


def test_found_no_frames():
    with pytest.raises(ValueError) as error:
        np.concatenate([])
    assert found_no_frames(error.value)
    assert not found_no_frames(ValueError('another'))
    assert not found_no_frames(KeyError('need at least one array to concatenate'))


@pytest.mark.parametrize(
    'message',
    [
        'DataLoader worker (pid 3) is killed by signal: Killed. ',
        'DataLoader worker (pid(s) 3, 4) exited unexpectedly',
    ],
)
def test_worker_was_killed(message):
    assert worker_was_killed(RuntimeError(message))
    assert not worker_was_killed(ValueError(message))
    assert not worker_was_killed(RuntimeError('CUDA out of memory'))
