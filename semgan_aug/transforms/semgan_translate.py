"""The one line in a user's config: source frames that look like the target."""

import hashlib
import os
import sys
from pathlib import Path

import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from ..checkpoint import CheckpointError
from ..translation_cache import FORMATS, TranslationCache, frame_digest
from ..translator import Translator, load_translator
from .check_pair import pair_name, require_pair

LABELS = ('translated', 'source')
#: Whole numbers from 0 to here choose styles.
MAX_STYLE = 2**31 - 1
#: Changes when the same checkpoint and frame give other pixels than before.
VERSION = b'2'


def default_cache_dir() -> str:
    """Where translated frames are kept: ``$SEMGAN_CACHE``, or below the user's cache folder."""
    home = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return str(Path(os.environ.get('SEMGAN_CACHE') or Path(home) / 'semgan_aug').expanduser())


@TRANSFORMS.register_module()
class SemGANTranslate(BaseTransform):
    """Translates the image and its class map with a trained SemGAN.

    Put it after ``LoadAnnotations`` and before photometric changes and normalisation. The
    checkpoint is loaded when the pipeline is built, so a wrong one stops the run at once; both
    ``fork`` and ``spawn`` workers work. A frame costs one generator pass on one CPU core, the first
    time that it is seen; then it comes from the cache.

    Required Keys:

    - img (np.uint8, (H, W, 3), BGR)
    - gt_seg_map (np.uint8, (H, W); 255 = ignore)

    Modified Keys:

    - img
    - gt_seg_map (with ``labels='translated'``)

    Added Keys:

    - semgan_translated (bool): whether this sample was translated.

    Args:
        ckpt: a checkpoint that ``tools/train_semgan.py`` wrote.
        prob: probability that a frame is translated, 0 ... 1; drawn per frame.
        labels: 'translated' takes the generator's own class map, which fits what it painted;
            'source' keeps the map that came in.
        style: whole number that chooses one target frame whose class colours every translation
            takes, if the translator was trained with ``class_colours``; None gives each frame
            ``variants`` of them.
        variants: how many translations a frame has, of which one is drawn each time that it is
            seen. A frame's variants are always the same.
        cache_dir: folder of the translated frames; any number of workers, ranks, machines and
            translators may share it. By default ``$SEMGAN_CACHE``, or ``semgan_aug`` below the
            user's cache folder; '' keeps nothing.
        cache_max_bytes: what the folder may hold; frames beyond are translated each time.
        cache_format: 'png', or 'jpeg' (quality 95: less exact, faster, a quarter of the size).
        device: 'cpu' is the only one so far.

    Raises:
        CheckpointError: at construction, see :func:`translator.load_translator`.
        ValueError: at construction: an argument outside its range, or the checkpoint's classes
            differ from those of the dataset that the pipeline belongs to; at use: no image or
            class map yet, of unlike size, or with ids outside the classes.

    Example:
        >>> train_pipeline = [
        ...     dict(type='LoadImageFromFile'),
        ...     dict(type='LoadAnnotations'),
        ...     dict(type='SemGANTranslate', ckpt='work_dirs/semgan_gta/iter_10000.pth'),
        ...     dict(type='PackSegInputs')]
    """

    def __init__(
        self,
        ckpt: str,
        prob: float = 1.0,
        labels: str = 'translated',
        style: int | None = None,
        variants: int = 4,
        cache_dir: str | None = None,
        cache_max_bytes: int = 50_000_000_000,
        cache_format: str = 'png',
        device: str = 'cpu',
    ):
        if not (isinstance(prob, (int, float)) and 0 <= prob <= 1):
            raise ValueError(f'SemGANTranslate: prob is {prob!r}, but 0 ... 1 is allowed')
        if labels not in LABELS:
            raise ValueError(f'SemGANTranslate: labels is {labels!r}; use one of {LABELS}')
        if style is not None and not _is_whole(style, 0, MAX_STYLE):
            raise ValueError(
                f'SemGANTranslate: style is {style!r}, but None or a whole number from 0 to '
                f'{MAX_STYLE} is allowed'
            )
        if not _is_whole(variants, 1, MAX_STYLE):
            raise ValueError(
                f'SemGANTranslate: variants is {variants!r}, but a whole number of 1 or more is '
                'allowed'
            )
        if not (cache_dir is None or isinstance(cache_dir, (str, Path))):
            raise ValueError(f'SemGANTranslate: cache_dir is {cache_dir!r}, but must name a folder')
        if not (isinstance(cache_max_bytes, (int, float)) and 0 <= cache_max_bytes < 2**62):
            raise ValueError(
                f'SemGANTranslate: cache_max_bytes is {cache_max_bytes!r}, but 0 or more is allowed'
            )
        if cache_format not in FORMATS:
            raise ValueError(
                f'SemGANTranslate: cache_format is {cache_format!r}; use one of {tuple(FORMATS)}'
            )
        if device != 'cpu':
            raise ValueError(f"SemGANTranslate: device is {device!r}, but only 'cpu' works so far")
        self.ckpt = str(ckpt)
        self.prob = prob
        self.labels = labels
        self.style = style
        self.variants = variants
        self.cache_dir = default_cache_dir() if cache_dir is None else str(cache_dir)
        self.device = device
        # Kept, so that workers that are forked share it.
        self._translator: Translator | None = load_translator(self.ckpt, self.device)
        self._digest = self._translator.digest
        self._styled = self._translator.colours is not None
        self.cache = None
        if self.cache_dir:
            self.cache = TranslationCache.open(
                self.cache_dir, VERSION + self._digest, int(cache_max_bytes), cache_format
            )
        trained, wanted = list(self._translator.classes), _classes_of_building_dataset()
        if wanted is not None and trained != wanted:
            raise ValueError(
                f'{self.ckpt} translates the classes {trained}, but the dataset has {wanted}; '
                'use a checkpoint trained on the same classes in the same order'
            )

    def transform(self, results: dict) -> dict:
        require_pair(results, 'SemGANTranslate')
        results['semgan_translated'] = bool(np.random.rand() < self.prob)
        if results['semgan_translated']:
            image, ids = self._translated(results)
            results['img'] = image
            if self.labels == 'translated':
                results['gt_seg_map'] = ids
        return results

    def _translated(self, results: dict) -> tuple[np.ndarray, np.ndarray]:
        image, ids = results['img'], results['gt_seg_map']
        digest = frame_digest(image, ids)
        style = self._style(digest)
        key = digest if style is None else hash_of(digest, style)
        found = None if self.cache is None else self.cache.read(key)
        if found is None:
            found = self._load().translate(image, ids, pair_name(results), style=style or 0)
            if self.cache is not None:
                found = self.cache.write(key, *found)
        return found

    def _style(self, digest: bytes) -> int | None:
        """A style for a frame: one of its own few, or the one that was asked for."""
        if not self._styled:
            return None
        if self.style is not None:
            return self.style
        return variant_style(digest, np.random.randint(self.variants))

    def keys(self, image: np.ndarray, ids: np.ndarray) -> list[tuple[bytes, int | None]]:
        """Key in the cache, and style, of each translation that a frame can have.

        Args:
            image: BGR uint8 (H, W, 3), as it comes into this transform.
            ids: uint8 (H, W).
        """
        digest = frame_digest(image, ids)
        if not self._styled:
            return [(digest, None)]
        styles = [self.style]
        if self.style is None:
            styles = [variant_style(digest, k) for k in range(self.variants)]
        return [(hash_of(digest, style), style) for style in styles]

    def _load(self) -> Translator:
        if self._translator is None:
            translator = load_translator(self.ckpt, self.device)
            if translator.digest != self._digest:
                raise CheckpointError(
                    f'{self.ckpt} was replaced by another checkpoint while it was in use; start '
                    'again'
                )
            self._translator = translator
        return self._translator

    def __getstate__(self) -> dict:
        # Workers load the weights themselves: spawning one ships the path, not the network.
        return self.__dict__ | dict(_translator=None)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(ckpt={self.ckpt!r}, prob={self.prob}, '
            f'labels={self.labels!r}, style={self.style}, variants={self.variants}, '
            f'cache_dir={self.cache_dir!r}, device={self.device!r})'
        )


def hash_of(digest: bytes, number: int) -> bytes:
    """16 bytes that stand for a frame and a number."""
    return hashlib.sha256(digest + number.to_bytes(8, 'little')).digest()[:16]


def variant_style(digest: bytes, variant: int) -> int:
    """The style of a frame's variant: the same wherever the frame is translated."""
    return int.from_bytes(hash_of(digest, variant)[:8], 'little') % (MAX_STYLE + 1)


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _classes_of_building_dataset() -> list[str] | None:
    """Classes of the dataset that is being built around this transform, or None.

    A transform is built inside its dataset's ``__init__`` and is told nothing about it, so the
    call stack is the only place where an unmodified mmseg shows which dataset that is.
    """
    frame = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get('self')
        metainfo = getattr(owner, '_metainfo', None)
        if isinstance(metainfo, dict) and 'classes' in metainfo:
            return list(metainfo['classes'])
        frame = frame.f_back
    return None
