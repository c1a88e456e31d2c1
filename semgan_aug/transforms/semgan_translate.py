"""The one line in a user's config: source frames that look like the target."""

import sys

import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from ..translator import Translator, load_translator
from .check_pair import pair_name, require_pair

LABELS = ('translated', 'source')


@TRANSFORMS.register_module()
class SemGANTranslate(BaseTransform):
    """Translates the image and its class map with a trained SemGAN.

    Put it after ``LoadAnnotations`` and before photometric changes and normalisation. The
    checkpoint is loaded when the pipeline is built, so a wrong one stops the run at once; both
    ``fork`` and ``spawn`` workers work. A frame costs one generator pass on one CPU core.

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
            takes, if the translator was trained with ``class_colours``; None draws one per frame.
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
        device: str = 'cpu',
    ):
        if not (isinstance(prob, (int, float)) and 0 <= prob <= 1):
            raise ValueError(f'SemGANTranslate: prob is {prob!r}, but 0 ... 1 is allowed')
        if labels not in LABELS:
            raise ValueError(f'SemGANTranslate: labels is {labels!r}; use one of {LABELS}')
        whole = isinstance(style, int) and not isinstance(style, bool)
        if not (style is None or (whole and 0 <= style < 2**31)):
            raise ValueError(
                f'SemGANTranslate: style is {style!r}, but None or a whole number from 0 to '
                '2147483647 is allowed'
            )
        if device != 'cpu':
            raise ValueError(f"SemGANTranslate: device is {device!r}, but only 'cpu' works so far")
        self.ckpt = str(ckpt)
        self.prob = prob
        self.labels = labels
        self.style = style
        self.device = device
        # Kept, so that workers that are forked share it.
        self._translator: Translator | None = load_translator(self.ckpt, self.device)
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
            if self._translator is None:
                self._translator = load_translator(self.ckpt, self.device)
            image, ids = self._translator.translate(
                results['img'],
                results['gt_seg_map'],
                pair_name(results),
                style=np.random.randint(2**31) if self.style is None else self.style,
            )
            results['img'] = image
            if self.labels == 'translated':
                results['gt_seg_map'] = ids
        return results

    def __getstate__(self) -> dict:
        # Workers load the weights themselves: spawning one ships the path, not the network.
        return self.__dict__ | dict(_translator=None)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(ckpt={self.ckpt!r}, prob={self.prob}, '
            f'labels={self.labels!r}, style={self.style}, device={self.device!r})'
        )


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
