"""Checks that the weights in a file fit the networks that its card describes."""

import reprlib

import torch
from torch import Tensor

from ..core.errors import InputError
from ..models.class_colors import ClassColorBank
from .card import Card

#: Greatest number of styles in a bank of class colors.
MAX_STYLES = 4096

#: The weights of each part of a translator, by name. The parts are 'generator' and, if there are
#: class colors, 'colors'.
Parts = dict[str, dict[str, Tensor]]


def fitting_weights(card: Card, parts: dict[str, dict]) -> Parts:
    """Checks weights against a card and copies them.

    Args:
        card: the card, which describes the networks.
        parts: the values found in the file, of any shape and type, for 'generator' and, if there
            are class colors, 'colors'.

    Returns:
        The same parts as contiguous tensors, in float32 or, for whole numbers, int64. They are
        copies, because several values may be views of one stored tensor.

    Raises:
        TypeError: as in :meth:`Card.empty_generator`.
        ValueError: as in :meth:`Card.empty_generator`.
        InputError: a weight is missing, is unexpected, has another shape or type, or is not finite.
    """
    wanted = dict(generator=card.empty_generator().state_dict())
    if card.class_colors:
        wanted['colors'] = _wanted_colors(len(card.classes), parts['colors'])
    # All shapes are checked before the first copy, because a view of one stored number may have any
    # size.
    for part, weights in wanted.items():
        _check_weights(part, weights, parts[part])
    return {
        part: {name: _copy(f'{part}.{name}', parts[part][name]) for name in weights}
        for part, weights in wanted.items()
    }


def _wanted_colors(num_classes: int, found: dict) -> dict[str, Tensor]:
    styles = found.get('styles')
    size = len(styles) if isinstance(styles, Tensor) and styles.ndim else 0
    if not 1 <= size <= MAX_STYLES:
        raise InputError(f'it has {size:,} styles, but 1 ... {MAX_STYLES:,} are allowed')
    with torch.device('meta'):
        return ClassColorBank(num_classes, size).state_dict()


def _check_weights(part: str, wanted: dict[str, Tensor], found: dict) -> None:
    missing, unexpected = (
        sorted(a.keys() - b.keys()) for a, b in ((wanted, found), (found, wanted))
    )
    if missing:
        raise InputError(f'{len(missing)} weights are missing, the first is {part}.{missing[0]}')
    if unexpected:
        first = reprlib.repr(f'{part}.{unexpected[0]}')
        raise InputError(f'{len(unexpected)} weights are unexpected, the first is {first}')
    for name, want in wanted.items():
        value = found[name]
        if not _is_plain(value):
            raise InputError(f'{part}.{name} is {_kind(value)}, but a plain tensor is needed')
        if value.shape != want.shape:
            shapes = f'{list(value.shape)}, but {list(want.shape)}'
            raise InputError(f'{part}.{name} is of shape {shapes} is needed')
        if value.is_floating_point() != want.is_floating_point() or value.is_complex():
            kind = 'floating point numbers' if want.is_floating_point() else 'whole numbers'
            raise InputError(f'{part}.{name} is {value.dtype}, but {kind} are needed')


def _is_plain(value: object) -> bool:
    if not isinstance(value, Tensor) or value.is_quantized or value.is_nested:
        return False
    return value.layout == torch.strided and value.device.type == 'cpu'


def _kind(value: object) -> str:
    if not isinstance(value, Tensor):
        return f'a {type(value).__name__}'
    quantized = 'quantized ' if value.is_quantized else ''
    return f'a {quantized}{value.layout} tensor on {value.device.type}'


def _copy(name: str, value: Tensor) -> Tensor:
    dtype = torch.float32 if value.is_floating_point() else torch.int64
    value = value.detach().to(dtype, copy=True, memory_format=torch.contiguous_format)
    if not value.isfinite().all():
        raise InputError(f'{name} is not finite')
    return value
