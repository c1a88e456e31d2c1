"""The card: the description of a translator in a checkpoint, and the generator that it describes.

A checkpoint may come from an unknown person. Therefore a card can only be created if each field
has the right type and an allowed value. No network is built before that.
"""

import dataclasses
import re
import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ..core.errors import InputError
from ..models.networks import Generator, ImageGenerator, PairGenerator, UNITAutoencoders

#: A function for each method that builds its generator from the number of classes and the
#: generator's arguments.
BUILDERS: dict[str, Callable[..., Generator]] = {
    'SemGAN': PairGenerator,
    'CycleGAN': lambda _, **arguments: ImageGenerator(**arguments),
    'SG-GAN': lambda _, **arguments: ImageGenerator(**arguments),
    'UNIT': lambda _, **arguments: UNITAutoencoders(**arguments),
}
#: Methods of the translators that a checkpoint can hold.
METHODS = tuple(BUILDERS)

#: Version of the card's format.
VERSION = 1
#: The only direction that is supported.
DIRECTION = 'source2target'
#: Dtypes in which a ``.safetensors`` export stores weights.
DTYPES = {'float32': torch.float32, 'float16': torch.float16}
#: Greatest number of classes: ids are uint8, and 255 means ignore.
MAX_CLASSES = 255
#: Smallest and largest allowed values of a generator's numeric arguments. The largest are 16 and 11
#: times the defaults.
NUMBERS = dict(base_channels=(1, 1024), num_blocks=(0, 100), shared_blocks=(0, 100))
SWITCHES = ('skip', 'residual', 'checkpointing')
TEXTS = ('upsampling', 'amp_dtype')

#: Old spelling of a field's name, in files of version 0.1.0 -> its name now.
OLD_NAMES = {'class_colours': 'class_colors'}


@dataclass(frozen=True)
class Card:
    """The description of a translator, stored in its checkpoint.

    Attributes:
        method: one of :data:`METHODS`.
        classes: 1 to 255 class names in id order.
        palette: an RGB color [R, G, B] in 0 ... 255 for each class.
        generator: arguments of the generator, see :data:`BUILDERS`.
        direction: 'source2target'.
        ema: whether the checkpoint holds the exponential moving average of the generator's
            weights, which is then used.
        class_colors: whether the checkpoint holds class colors of target frames.
        dtype: dtype of the weights in an export, one of :data:`DTYPES`.
        package: version of semgan_aug that wrote the export.
        config_sha256: hash of the training config, in an export.

    Raises:
        InputError: a field has a wrong type or a value that is not allowed; the message names the
            field, the value and the allowed values.
    """

    method: str
    classes: list[str]
    palette: list[list[int]]
    generator: dict[str, Any]
    direction: str = DIRECTION
    ema: bool = False
    class_colors: bool = False
    dtype: str | None = None
    package: str | None = None
    config_sha256: str | None = None

    def __post_init__(self) -> None:
        is_method = type(self.method) is str and self.method in METHODS
        self._require('method', f'one of {METHODS}', is_method)
        self._require('direction', repr(DIRECTION), self.direction == DIRECTION)
        self._require(
            'classes',
            f'a list of 1 to {MAX_CLASSES} different printable names',
            _are_classes(self.classes),
        )
        self._require(
            'palette',
            f'a list of {len(self.classes)} colors [R, G, B] in 0 ... 255',
            _are_colors(self.palette, len(self.classes)),
        )
        self._require('generator', 'a dict of arguments', type(self.generator) is dict)
        for name, value in self.generator.items():
            _check_argument(name, value)
        for name in ('ema', 'class_colors'):
            self._require(name, 'True or False', type(getattr(self, name)) is bool)
        if self.class_colors and self.method != 'SemGAN':
            raise InputError(f'class_colors is True, but {self.method} has none')
        self._require(
            'dtype',
            f'one of {tuple(DTYPES)}',
            self.dtype is None or type(self.dtype) is str and self.dtype in DTYPES,
        )
        self._require('package', 'a version', _is_text_or_none(self.package, '[ -~]{1,64}'))
        self._require(
            'config_sha256',
            '64 hexadecimal digits',
            _is_text_or_none(self.config_sha256, '[0-9a-f]{64}'),
        )

    def _require(self, name: str, allowed: str, fits: bool) -> None:
        if not fits:
            found = _shown(getattr(self, name))
            raise InputError(f'{name} is {found}, but {allowed} is needed')

    @classmethod
    def from_dict(cls, fields: object) -> 'Card':
        """Reads a card from a checkpoint's entry; unknown fields are ignored.

        Raises:
            InputError: the entry is not a card, a field is missing, or as in :class:`Card`.
        """
        if not isinstance(fields, dict):
            raise InputError('it has no SemGAN description')
        fields = {OLD_NAMES.get(key, key): value for key, value in fields.items()}
        for name in ('version', 'method', 'direction', 'classes', 'palette', 'generator'):
            if name not in fields:
                raise InputError(f'it has no {name}, which a SemGAN description needs')
        version = fields['version']
        if type(version) is not int or version != VERSION:
            raise InputError(f'version is {_shown(version)}, but {VERSION} is needed')
        known = [field.name for field in dataclasses.fields(cls)]
        return cls(**{name: fields[name] for name in known if name in fields})

    def to_dict(self) -> dict[str, Any]:
        """Returns the checkpoint's entry: plain values, without the fields that are None."""
        fields = dataclasses.asdict(self)
        return dict(version=VERSION) | {k: v for k, v in fields.items() if v is not None}

    def empty_generator(self) -> Generator:
        """Builds the generator that the card describes, without memory for its weights.

        Raises:
            TypeError: the generator has no such argument.
            ValueError: an argument is not allowed, or arguments contradict each other.
        """
        with torch.device('meta'):
            return BUILDERS[self.method](len(self.classes), **self.generator)


def _check_argument(name: object, value: object) -> None:
    """Checks the type and range of an argument; the constructor checks that it exists."""
    if isinstance(name, str) and name in NUMBERS:
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
        raise InputError(
            f'the argument {_shown(name)} of its generator is {_shown(value)}, but {allowed} is '
            'allowed'
        )


def _are_classes(names: object) -> bool:
    if type(names) is not list or not 1 <= len(names) <= MAX_CLASSES:
        return False
    if not all(type(name) is str and name.strip() and name.isprintable() for name in names):
        return False
    return len(set(names)) == len(names)


def _are_colors(palette: object, number: int) -> bool:
    return type(palette) is list and len(palette) == number and all(map(_is_color, palette))


def _is_color(color: object) -> bool:
    if type(color) is not list or len(color) != 3:
        return False
    return all(type(value) is int and 0 <= value <= 255 for value in color)


def _is_text_or_none(value: object, pattern: str) -> bool:
    return value is None or (type(value) is str and re.fullmatch(pattern, value) is not None)


def _shown(value: object) -> str:
    """Shortens a value of any size and depth to one line of at most 120 characters."""
    plain = isinstance(value, (str, int, float, list, tuple, dict, type(None)))
    text = reprlib.repr(value) if plain else f'a {type(value).__name__}'
    return ' '.join(text.split())[:120]
