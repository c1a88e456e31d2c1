"""What a checkpoint says of its translator, and the networks that follow from it.

A file may come from anyone: nothing is built or allocated by it before each field is known to be of
its type and in its range, and before the shapes of the weights are known to be those it implies.
"""

import re
import reprlib

import torch
from torch import Tensor, nn

from ..models.class_colors import ClassColorBank
from ..models.networks import ImageGenerator, PairGenerator, UNITAutoencoders

#: How the generator of each method is built from the number of classes and its own arguments.
BUILDERS = {
    'SemGAN': PairGenerator,
    'CycleGAN': lambda _, **cfg: ImageGenerator(**cfg),
    'SG-GAN': lambda _, **cfg: ImageGenerator(**cfg),
    'UNIT': lambda _, **cfg: UNITAutoencoders(**cfg),
}
#: The translators that a checkpoint can hold.
METHODS = tuple(BUILDERS)

#: Ids are uint8 and 255 is ignored.
MAX_CLASSES = 255
#: Frames whose styles a bank may keep.
MAX_STYLES = 4096
#: Least and greatest of a generator's numbers: 16 and 11 times those of the paper.
NUMBERS = dict(base_channels=(1, 1024), num_blocks=(0, 100), shared_blocks=(0, 100))
SWITCHES = ('skip', 'residual', 'checkpointing')
TEXTS = ('upsampling', 'amp_dtype')
#: The fields that are read.
KNOWN = (
    'version',
    'method',
    'direction',
    'classes',
    'palette',
    'generator',
    'ema',
    'class_colors',
    'config_sha256',
)


def checked_card(card: object) -> dict:
    """The fields of a card that we know; others are left out.

    Raises:
        ValueError: a field is missing or of the wrong type, or its value is not allowed; the
            message says which, what was found and what is allowed.
    """
    if not isinstance(card, dict):
        raise ValueError('it has no SemGAN description')
    # Files of before December 2026 spell it in British English.
    card = {'class_colors' if key == 'class_colours' else key: value for key, value in card.items()}
    _require(card, 'version', '1', lambda v: type(v) is int and v == 1)
    _require(card, 'method', f'one of {METHODS}', lambda v: type(v) is str and v in METHODS)
    _require(card, 'direction', "'source2target'", lambda v: v == 'source2target')
    _require(
        card, 'classes', f'a list of 1 to {MAX_CLASSES} different printable names', _are_classes
    )
    number = len(card['classes'])
    _require(
        card,
        'palette',
        f'a list of {number} colors [R, G, B] in 0 ... 255',
        lambda v: type(v) is list and len(v) == number and all(map(_is_color, v)),
    )
    _require(card, 'generator', 'a dict of arguments', lambda v: type(v) is dict)
    for name, value in card['generator'].items():
        _check_argument(name, value)
    for name in ('ema', 'class_colors'):
        if name in card:
            _require(card, name, 'True or False', lambda v: type(v) is bool)
    if card.get('class_colors') and card['method'] != 'SemGAN':
        raise ValueError(f'class_colors is True, but {card["method"]} has none')
    if 'config_sha256' in card:
        _require(
            card,
            'config_sha256',
            '64 hexadecimal digits',
            lambda v: type(v) is str and re.fullmatch('[0-9a-f]{64}', v),
        )
    return {name: card[name] for name in KNOWN if name in card}


def _require(card: dict, name: str, allowed: str, is_allowed) -> None:
    if name not in card:
        raise ValueError(f'it has no {name}, but {allowed} is needed')
    if not is_allowed(card[name]):
        raise ValueError(f'{name} is {_shown(card[name])}, but {allowed} is needed')


def _check_argument(name: object, value: object) -> None:
    """Of its type and in its range; whether the generator has it, its constructor says."""
    if name in NUMBERS:
        low, high = NUMBERS[name]
        allowed = f'a whole number in {low} ... {high}'
        fits = type(value) is int and low <= value <= high
        fits = fits or (name == 'shared_blocks' and value is None)
    elif name in SWITCHES:
        allowed, fits = 'True or False', type(value) is bool
    elif name in TEXTS:
        allowed, fits = 'text or None', value is None or type(value) is str
    else:
        allowed, fits = f'one of {(*NUMBERS, *SWITCHES, *TEXTS)}', False
    if not fits:
        raise ValueError(
            f'the argument {_shown(name)} of its generator is {_shown(value)}, but {allowed} is '
            'allowed'
        )


def _are_classes(names: object) -> bool:
    if type(names) is not list or not 1 <= len(names) <= MAX_CLASSES:
        return False
    if not all(type(name) is str and name.strip() and name.isprintable() for name in names):
        return False
    return len(set(names)) == len(names)


def _is_color(color: object) -> bool:
    if type(color) is not list or len(color) != 3:
        return False
    return all(type(value) is int and 0 <= value <= 255 for value in color)


def _shown(value: object) -> str:
    """A value of any size and depth in a few words on one line."""
    plain = isinstance(value, (str, int, float, list, tuple, dict, type(None)))
    text = reprlib.repr(value) if plain else f'a {type(value).__name__}'
    return ' '.join(text.split())[:120]


def empty_generator(card: dict) -> nn.Module:
    """The generator that a checked card describes, without memory for its weights.

    Raises:
        TypeError: an argument that the generator does not have.
        ValueError: arguments that do not go together.
    """
    with torch.device('meta'):
        return BUILDERS[card['method']](len(card['classes']), **card['generator'])


def fitting_weights(card: dict, parts: dict[str, dict]) -> dict[str, dict]:
    """The weights of a checked card's networks as tensors of their own, float32 and contiguous.

    Args:
        card: see :func:`checked_card`.
        parts: per network, 'generator' and for class colors 'colors', the weights found; of any
            shape and type.

    Raises:
        TypeError: as :func:`empty_generator`.
        ValueError: likewise; or a weight is missing, unexpected, of another shape or type, or not
            finite.
    """
    wanted = dict(generator=empty_generator(card).state_dict())
    if card.get('class_colors'):
        wanted['colors'] = _wanted_colors(len(card['classes']), parts['colors'])
    # Every shape first: a tensor of one stored number may claim to have any size.
    for part, weights in wanted.items():
        _check_weights(part, weights, parts[part])
    copied = {
        part: {name: _copy(f'{part}.{name}', parts[part][name]) for name in weights}
        for part, weights in wanted.items()
    }
    return copied


def _wanted_colors(num_classes: int, found: dict) -> dict:
    styles = found.get('styles')
    size = len(styles) if isinstance(styles, Tensor) and styles.ndim else 0
    if not 1 <= size <= MAX_STYLES:
        raise ValueError(f'it has {size:,} styles, but 1 ... {MAX_STYLES:,} are allowed')
    with torch.device('meta'):
        return ClassColorBank(num_classes, size).state_dict()


def _check_weights(part: str, wanted: dict, found: dict) -> None:
    missing, unexpected = (
        sorted(a.keys() - b.keys()) for a, b in ((wanted, found), (found, wanted))
    )
    if missing:
        raise ValueError(f'{len(missing)} weights are missing, the first is {part}.{missing[0]}')
    if unexpected:
        first = _shown(f'{part}.{unexpected[0]}')
        raise ValueError(f'{len(unexpected)} weights are unexpected, the first is {first}')
    for name, want in wanted.items():
        value = found[name]
        if not _is_plain(value):
            raise ValueError(f'{part}.{name} is {_kind(value)}, but a plain tensor is needed')
        if value.shape != want.shape:
            shapes = f'{list(value.shape)}, but {list(want.shape)}'
            raise ValueError(f'{part}.{name} is of shape {shapes} is needed')
        if value.is_floating_point() != want.is_floating_point() or value.is_complex():
            kind = 'floating point numbers' if want.is_floating_point() else 'whole numbers'
            raise ValueError(f'{part}.{name} is {value.dtype}, but {kind} are needed')


def _is_plain(value: object) -> bool:
    if not isinstance(value, Tensor) or value.is_quantized or value.is_nested:
        return False
    return value.layout == torch.strided and value.device.type == 'cpu'


def _kind(value: object) -> str:
    if not isinstance(value, Tensor):
        return _shown(value)
    quantized = 'quantized ' if value.is_quantized else ''
    return f'a {quantized}{value.layout} tensor on {value.device.type}'


def _copy(name: str, value: Tensor) -> Tensor:
    dtype = torch.float32 if value.is_floating_point() else torch.int64
    value = value.detach().to(dtype, copy=True, memory_format=torch.contiguous_format)
    if not value.isfinite().all():
        raise ValueError(f'{name} is not finite')
    return value
