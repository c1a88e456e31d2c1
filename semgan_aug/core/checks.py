"""Argument checks: a value that is not allowed raises an error of one sentence."""

from numbers import Real

from .errors import InputError


def require(owner: str, name: str, value: object, allowed: str, ok: bool) -> None:
    """Raises InputError unless a value is allowed.

    Args:
        owner: name of the class or dict that has the argument; '' for an option of a command.
        name: name of the argument.
        value: the value that was given.
        allowed: the allowed values in words, e.g. ``'0 ... 1'``.
        ok: whether the value is allowed.

    Raises:
        InputError: ``ok`` is false.

    Example:
        >>> require('SemGANTranslate', 'prob', 2, '0 ... 1', is_share(2))
        Traceback (most recent call last):
            ...
        semgan_aug.core.errors.InputError: SemGANTranslate: prob is 2, but 0 ... 1 is allowed
    """
    if not ok:
        where = f'{owner}: ' if owner else ''
        raise InputError(f'{where}{name} is {value!r}, but {allowed} is allowed')


def require_choice(owner: str, name: str, value: object, choices: tuple) -> None:
    """Raises InputError unless a value is one of the given choices.

    Args:
        owner: as in :func:`require`.
        name: name of the argument.
        value: the value that was given; it may be of any type, hashable or not.
        choices: the allowed values.

    Raises:
        InputError: ``value`` equals none of the choices.
    """
    require(owner, name, value, f'one of {choices}', value in choices)


def require_share(owner: str, name: str, value: object) -> None:
    """Raises InputError unless a value is a number in 0 ... 1."""
    require(owner, name, value, '0 ... 1', is_share(value))


def require_whole(
    owner: str, name: str, value: object, low: int = 0, high: int | None = None
) -> None:
    """Raises InputError unless a value is an int in low ... high.

    Args:
        owner: as in :func:`require`.
        name: of the argument.
        value: what was given.
        low: lower limit.
        high: upper limit; None is none.

    Raises:
        InputError: it is not.

    Example:
        >>> require_whole('', 'size', 2.5)
        Traceback (most recent call last):
            ...
        semgan_aug.core.errors.InputError: size is 2.5, but a whole number from 0 is allowed
    """
    allowed = f'a whole number from {low}' + ('' if high is None else f' to {high}')
    require(owner, name, value, allowed, is_whole(value, low, high))


def is_number(value: object) -> bool:
    """Whether a value is a real number; True and False do not count as numbers."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_share(value: object) -> bool:
    """Whether a value is a number in 0 ... 1."""
    return isinstance(value, Real) and is_number(value) and 0 <= float(value) <= 1


def is_whole(value: object, low: int = 0, high: int | None = None) -> bool:
    """Whether a value is an int in low ... high (without an upper limit if ``high`` is None)."""
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return low <= value and (high is None or value <= high)
