"""Error handling of the commands."""

import argparse

import pytest
import tiny

from semgan_aug.core.cli import add_traceback_option, user_errors
from semgan_aug.core.errors import ConfigError, InputError, UserFacingError


def said(error, **options):
    """What a command says when it meets an error."""
    with pytest.raises(SystemExit) as stop, user_errors('tool', **options):
        raise error
    if isinstance(stop.value.code, str):
        tiny.assert_one_sentence(stop.value.code)
    return stop.value.code


@pytest.mark.parametrize(
    'error, message',
    [
        (InputError('a is 2, but 1 is allowed'), 'tool: a is 2, but 1 is allowed'),
        (UserFacingError('not finite'), 'tool: not finite'),
        (ConfigError('a.py: no model'), 'tool: a.py: no model (--traceback shows where)'),
        (OSError(28, 'No space left on device', '/a'), 'tool: /a: No space left on device; free'),
        (OSError(28, 'No space left on device'), 'tool: No space left on device; free'),
        (FileNotFoundError('there is no a.txt'), 'tool: there is no a.txt'),
        (KeyboardInterrupt(), 'tool: stopped; begin again'),
        (
            RuntimeError('DataLoader worker (pid 3) is killed by signal: Killed. '),
            'tool: DataLoader worker (pid 3) is killed by signal: Killed.; the memory is probably '
            'full: use fewer num_workers of the dataloader, or smaller frames',
        ),
    ],
)
def test_one_sentence(error, message):
    assert said(error, stopped='begin again', place='free') == message


@pytest.mark.parametrize('error', [ValueError, RuntimeError, TypeError, KeyError, AssertionError])
def test_a_bug_keeps_its_traceback(error):
    with pytest.raises(error, match='a bug'), user_errors('tool'):
        raise error('a bug')


def test_nothing_happens_without_an_error():
    with user_errors('tool'):
        pass


def test_exit_codes_pass():
    with pytest.raises(SystemExit) as stop, user_errors('tool'):
        raise SystemExit(3)
    assert stop.value.code == 3


def test_traceback_on_demand(capsys):
    parser = argparse.ArgumentParser()
    add_traceback_option(parser)
    assert not parser.parse_args([]).traceback
    said(ConfigError('a.py: no model'))
    assert capsys.readouterr().err == ''
    shown = parser.parse_args(['--traceback']).traceback
    assert said(ConfigError('a.py: no model'), show_traceback=shown) == 'tool: a.py: no model'
    err = capsys.readouterr().err
    assert err.startswith('Traceback') and 'ConfigError: a.py: no model' in err


@pytest.mark.parametrize('variable', ['RANK', 'SLURM_PROCID'])
def test_other_processes_report_only_what_they_may_have_met_alone(monkeypatch, variable):
    monkeypatch.delenv('RANK', raising=False)
    monkeypatch.setenv(variable, '3')
    for error in (ConfigError('a'), UserFacingError('a'), OSError(28, 'full'), KeyboardInterrupt()):
        assert said(error) == 1
    assert said(InputError('a.png cannot be read')) == 'tool (rank 3): a.png cannot be read'
    monkeypatch.setenv(variable, '0')
    assert said(ConfigError('a.py')).startswith('tool: a.py')
