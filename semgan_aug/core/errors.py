"""Errors whose message is one sentence for the user."""

import textwrap


class UserFacingError(Exception):
    """An error that the user can act on.

    Its message is one sentence: what is wrong, the value seen, what is allowed, the next step.
    The commands print that sentence instead of a traceback, see :mod:`semgan_aug.core.cli`.
    """

    #: Whether one process of several can meet it alone. Each process then reports its own;
    #: otherwise only the first process does.
    every_rank = False


class InputError(UserFacingError, ValueError):
    """Bad input: a file, a config or data."""

    every_rank = True


class ConfigError(InputError):
    """A config from which no training, dataset or model can be built."""

    every_rank = False


def user_message(error: BaseException) -> str:
    """The sentence of an error.

    Args:
        error: any error. Torch puts a data worker's traceback into the message of the error that
            it raises again; the last line of that traceback is the sentence.

    Returns:
        One line of at most 600 characters. An error without a message is named by its type.
    """
    text = str(error)
    if isinstance(error, KeyError) and len(error.args) == 1:
        text = str(error.args[0])  # str() of a KeyError has quotes around its message
    if 'Original Traceback' in text:
        text = text.strip().splitlines()[-1]
        kind, colon, rest = text.partition(': ')
        if colon and kind.endswith('Error') and ' ' not in kind:
            text = rest
    return textwrap.shorten(text, 600, placeholder=' ...') or type(error).__name__


def found_no_frames(error: BaseException) -> bool:
    """Whether an error is the one that mmengine's BaseDataset raises when it found no frames.

    NumPy raises it as the empty list of samples is joined, so it has no type of its own.
    """
    return isinstance(error, ValueError) and 'need at least one array to concatenate' in str(error)


def worker_was_killed(error: BaseException) -> bool:
    """Whether an error is torch's report that the system killed a data worker."""
    text = str(error)
    return (
        isinstance(error, RuntimeError)
        and 'DataLoader worker' in text
        and ('is killed by signal' in text or 'exited unexpectedly' in text)
    )
