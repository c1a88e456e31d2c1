"""Settings for translating a dataset: variants, style, least consistency."""

from dataclasses import dataclass

from ..core.checks import is_whole, require, require_share
from ..core.errors import InputError
from ..online.keys import MAX_STYLE, frame_digest, variant_style
from ..translator.translator import Translator
from .frames import Pair


@dataclass(frozen=True)
class Settings:
    """Settings for translating a dataset.

    Args:
        variants: number of translations of each frame, 1 or more. A single one is written to the
            folder itself, several to ``variant_0``, ``variant_1``, ... below it. Variant k has the
            style that ``SemGANTranslate`` gives to variant k of the same frame.
        style: number of a target frame. All translations take its class colors. None: each variant
            has its own style.
        min_consistency: 0 ... 1. If less than this share of a frame's labeled pixels keeps its
            class, the source's files are written instead.

    Raises:
        InputError: a value is outside its range, or ``style`` is given with several variants.

    Example:
        >>> Settings(variants=2).folders()
        ['variant_0', 'variant_1']
    """

    variants: int = 1
    style: int | None = None
    min_consistency: float = 0.0

    def __post_init__(self) -> None:
        require('', '--variants', self.variants, '1 or more', is_whole(self.variants, 1))
        if self.style is not None:
            allowed = f'0 ... {MAX_STYLE}'
            require('', '--style', self.style, allowed, is_whole(self.style, 0, MAX_STYLE))
        require_share('', '--min-consistency', self.min_consistency)
        if self.style is not None and self.variants > 1:
            raise InputError(
                f'--style {self.style} with --variants {self.variants} would write the same frames '
                f'{self.variants} times; leave one of them out'
            )

    def check_translator(self, translator: Translator) -> None:
        """Raises InputError if the settings ask for styles, but the translator has none."""
        if translator.colors is None and (self.variants > 1 or self.style is not None):
            option = '--variants' if self.variants > 1 else '--style'
            raise InputError(
                f'{option} chooses among class colors of target frames, which this checkpoint was '
                'trained without, so all its translations of a frame are the same; leave it out'
            )

    def styles(self, pair: Pair) -> list[int]:
        """The style of each variant of a frame."""
        if self.style is not None:
            return [self.style]
        digest = frame_digest(pair.image, pair.ids)
        return [variant_style(digest, k) for k in range(self.variants)]

    def folders(self) -> list[str]:
        """The folder of each variant, relative to the dataset's new folder."""
        return ['.'] if self.variants == 1 else [f'variant_{k}' for k in range(self.variants)]
