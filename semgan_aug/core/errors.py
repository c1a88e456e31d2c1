"""Errors for the user: each message is one sentence."""

import textwrap


class UserFacingError(Exception):
    """An error that the user can act on.

    The message is one sentence. It names the mistake, the value found, the allowed values and the
    next step. The commands print it instead of a traceback, see :mod:`semgan_aug.core.cli`.
    """

    #: Whether one of several processes can meet the error alone. If so, each process reports its
    #: own error. Otherwise only the first process reports it.
    every_rank = False


class InputError(UserFacingError, ValueError):
    """Bad input: a wrong argument, file, config or data."""

    every_rank = True


class ConfigError(InputError):
    """A config from which no training, dataset or model can be built."""

    every_rank = False


def user_message(error: BaseException) -> str:
    """The message of an error as one line.

    Args:
        error: any error. For an error in a data worker, torch puts the worker's traceback into the
            message; the last line of that traceback is the message of the original error.

    Returns:
        One line of at most 600 characters. If the error has no message, the name of its type.
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
    """Whether an error is the one that mmengine's BaseDataset raises when it finds no frames.

    The error has no type of its own: NumPy raises it when mmengine joins an empty list of samples.
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
