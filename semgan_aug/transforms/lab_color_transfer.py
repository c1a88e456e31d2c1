"""Color transfer in Lab color space, for whole frames or class by class."""

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from mmseg.registry import DATASETS, TRANSFORMS

from ..core.classes import IGNORE
from ..core.errors import InputError
from ..core.pair_checks import require_pair
from .target_frames import TargetFrameTransform

#: A class with fewer pixels than this in a frame is not measured there.
MIN_PIXELS = 16

#: Mean and standard deviation of each Lab channel, (3,) each.
Statistics = tuple[np.ndarray, np.ndarray]


@TRANSFORMS.register_module()
class LabColorTransfer(TargetFrameTransform[Statistics]):
    """Gives a frame the per-channel Lab mean and standard deviation of a random target frame.

    Reinhard et al., "Color transfer between images", IEEE CG&A 2001, in CIE Lab. This class exists
    because albumentations' transforms of this kind cannot be written into a config. Keys, arguments
    and errors are those of :class:`TargetFrameTransform`.

    Example:
        >>> target = dict(type='MiniStreetsDataset', domain='camera', num_frames=2)
        >>> step = LabColorTransfer(target)
        >>> frame = dict(img=np.zeros((96, 160, 3), np.uint8))
        >>> step(frame)['img'].shape
        (96, 160, 3)
    """

    def measure(self, frame: dict) -> Statistics:
        return _mean_std(_to_lab(frame['img']))

    def match(self, results: dict, measured: Statistics) -> np.ndarray:
        return match_lab(results['img'], *measured)


@TRANSFORMS.register_module()
class ClassColorTransfer(TargetFrameTransform[dict[int, Statistics]]):
    """Lab color transfer class by class, with the labels of both frames.

    Every class of a frame takes the Lab mean and deviation that it has in a random target frame. If
    that frame lacks the class, another random frame that has the class is used. Ignored pixels, and
    classes that no target frame has, take the statistics of the whole target frame. Class-wise
    AdaIN (arXiv 2505.16360) does the same with features of a network.

    Required Keys:

    - img (np.uint8, (H, W, 3), BGR)
    - gt_seg_map (np.uint8, (H, W); 255 = ignore)

    Modified Keys:

    - img

    Args:
        target: config of an mmseg dataset whose pipeline loads images and labels.

    Raises:
        InputError: target is a folder, or its pipeline loads no labels; or as in
            :class:`TargetFrameTransform`.

    Example:
        >>> load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
        >>> target = dict(type='MiniStreetsDataset', domain='camera', num_frames=2, pipeline=load)
        >>> step = ClassColorTransfer(target)
        >>> image, ids = np.zeros((96, 160, 3), np.uint8), np.zeros((96, 160), np.uint8)
        >>> frame = dict(img=image, gt_seg_map=ids)
        >>> step(frame)['img'].shape
        (96, 160, 3)
    """

    def find(self, target: str | dict) -> Sequence:
        if not isinstance(target, dict):
            raise InputError(
                f'ClassColorTransfer: target is {target!r}, but the config of a dataset is needed, '
                'because it reads labels; LabColorTransfer takes a folder'
            )
        dataset = DATASETS.build(target)
        return [partial(dataset.__getitem__, i) for i in range(len(dataset))]

    def load(self, frame: Callable[[], dict]) -> dict:
        loaded = frame()
        if not {'img', 'gt_seg_map'} <= set(loaded):
            raise InputError(
                f'ClassColorTransfer: samples of its target hold {sorted(loaded)}, but img and '
                'gt_seg_map are needed; let its pipeline load both and not end in PackSegInputs'
            )
        return loaded

    def measure(self, frame: dict) -> dict[int, Statistics]:
        """Lab mean and deviation of each class, keyed by id; the whole frame's are under 255."""
        lab, ids = _to_lab(frame['img']), frame['gt_seg_map']
        counts = np.bincount(ids.ravel(), minlength=IGNORE + 1)
        statistics = {
            int(k): _mean_std(lab[ids == k])
            for k in np.flatnonzero(counts >= MIN_PIXELS)
            if k != IGNORE
        }
        return statistics | {IGNORE: _mean_std(lab)}

    def draw(self, results: dict) -> dict[int, Statistics]:
        require_pair(results, 'ClassColorTransfer')
        statistics = dict(super().draw(results))
        for k in set(np.unique(results['gt_seg_map']).tolist()) - set(statistics):
            having = [i for i in range(len(self.frames)) if k in self.recall(i)]
            if having:
                statistics[k] = self.recall(having[np.random.randint(len(having))])[k]
        return statistics

    def match(self, results: dict, measured: dict) -> np.ndarray:
        lab, ids = _to_lab(results['img']), results['gt_seg_map']
        moved = _move(lab, _mean_std(lab), measured[IGNORE])
        for k in set(np.unique(ids).tolist()) & set(measured) - {IGNORE}:
            mask = ids == k
            moved[mask] = _move(lab[mask], _mean_std(lab[mask]), measured[k])
        return _to_bgr(moved)


def match_lab(image: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Shifts and scales the Lab channels of an image to a given mean and standard deviation.

    Args:
        image: BGR uint8 (H, W, 3).
        mean: (3,), L in 0 ... 100, a and b in about -127 ... 127.
        std: (3,), in the same units.

    Returns:
        BGR uint8 (H, W, 3), clipped to the gamut.
    """
    lab = _to_lab(image)
    return _to_bgr(_move(lab, _mean_std(lab), (mean, std)))


def _move(lab: np.ndarray, own: Statistics, wanted: Statistics) -> np.ndarray:
    return (lab - own[0]) * (wanted[1] / np.maximum(own[1], 1e-3)) + wanted[0]


def _to_lab(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)


def _to_bgr(lab: np.ndarray) -> np.ndarray:
    bgr = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_Lab2BGR)
    return (bgr * 255).round().clip(0, 255).astype(np.uint8)


def _mean_std(lab: np.ndarray) -> Statistics:
    """Mean and standard deviation of each channel, over all pixels."""
    lab = lab.reshape(-1, 3)
    # In float32, a sum over millions of pixels would be wrong by whole gray levels.
    return lab.mean(0, dtype=np.float64), lab.std(0, dtype=np.float64)
