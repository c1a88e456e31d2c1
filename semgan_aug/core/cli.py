"""Error handling of the commands: one sentence for an error of use, a traceback for a bug."""

import argparse
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from .errors import ConfigError, UserFacingError, user_message, worker_was_killed


def add_traceback_option(parser: argparse.ArgumentParser) -> None:
    """Gives a command the option ``--traceback``."""
    parser.add_argument(
        '--traceback',
        action='store_true',
        help='also print the traceback of an error that is reported in one sentence',
    )


@contextmanager
def user_errors(
    tool: str,
    show_traceback: bool = False,
    stopped: str = 'the same command goes on from here',
    place: str = 'correct or free that place, or name another',
) -> Iterator[None]:
    """Ends a command with one sentence and exit status 1 if the user can correct the error.

    Such errors are a :class:`UserFacingError`, an error of the operating system (disk full, no
    permission), a killed data worker, and Ctrl-C. Any other error is a bug and keeps its
    traceback. If several processes run, the first one alone prints (``RANK``, or Slurm's
    ``SLURM_PROCID``). Bad input that only one process may have met is printed by that process.

    Args:
        tool: name of the command; the sentence begins with it.
        show_traceback: value of ``--traceback``.
        stopped: how to continue after Ctrl-C.
        place: the advice about a file or folder that the system refuses.

    Raises:
        SystemExit: the error ended the command. The code is the sentence, or 1 if another process
            prints it.

    Example:
        >>> with user_errors('train_semgan'):
        ...     raise ConfigError('there is no config at a.py')
        Traceback (most recent call last):
            ...
        SystemExit: train_semgan: there is no config at a.py (--traceback shows where)
    """

    def stop(message: str, every_rank: bool = False) -> NoReturn:
        if show_traceback:
            traceback.print_exc()
        number = rank()
        if number and not every_rank:
            sys.exit(1)
        sys.exit(f'{tool}{f" (rank {number})" if number else ""}: {message}')

    try:
        yield
    except ConfigError as error:
        stop(f'{user_message(error)}{"" if show_traceback else " (--traceback shows where)"}')
    except UserFacingError as error:
        stop(user_message(error), error.every_rank)
    except OSError as error:
        if error.errno is None:  # raised by a library, with a message of its own
            stop(user_message(error))
        named = f'{error.filename}: ' if error.filename is not None else ''
        stop(f'{named}{error.strerror}; {place}')
    except RuntimeError as error:
        if not worker_was_killed(error):
            raise
        stop(
            f'{user_message(error)}; the memory is probably full: use fewer num_workers of the '
            'dataloader, or smaller frames',
            every_rank=True,
        )
    except KeyboardInterrupt:
        stop(f'stopped; {stopped}')


def rank() -> int:
    """Number of this process among those that a launcher started; 0 without a launcher."""
    return int(os.environ.get('RANK', os.environ.get('SLURM_PROCID', 0)))
