"""Base class of the transforms that match a frame to a random target frame."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import DATASETS

from ..core.errors import InputError

SUFFIXES = ('.png', '.jpg', '.jpeg')


Measured = TypeVar('Measured')


class TargetFrameTransform(BaseTransform, Generic[Measured]):
    """Draws a target frame for each image and matches the image to it.

    A subclass defines which statistics of a target frame are measured (:meth:`measure`, once for
    each frame) and how an image is matched to them (:meth:`match`). ``target`` is a path or a
    config, so that the transform can be written into a config.

    Required Keys:

    - img (np.uint8, (H, W, 3), BGR)

    Modified Keys:

    - img

    Args:
        target: source of the target frames: a folder (png, jpg, jpeg), or the config of any mmseg
            dataset, of which only the image files are used.

    Raises:
        InputError: the folder holds no frames, one of them cannot be read, or the image is not
            uint8 (H, W, 3).
    """

    def __init__(self, target: str | dict) -> None:
        self.target = target
        self.frames = self.find(target)
        if not len(self.frames):
            raise InputError(
                f'{type(self).__name__} found no frames ({", ".join(SUFFIXES)}) in {target}; '
                'correct target, a folder of images or the config of a dataset'
            )
        self._measured: dict[int, Measured] = {}

    @abstractmethod
    def measure(self, frame: dict) -> Measured:
        """Measures the statistics of a target frame, ``dict(img=...)``."""

    @abstractmethod
    def match(self, results: dict, measured: Measured) -> np.ndarray:
        """Matches the sample's image to measured statistics; returns BGR uint8 (H, W, 3)."""

    def find(self, target: str | dict) -> Sequence:
        """Finds the target frames; returns one argument of :meth:`load` for each."""
        if isinstance(target, dict):
            dataset = DATASETS.build(target)
            return [dataset.get_data_info(i)['img_path'] for i in range(len(dataset))]
        files = sorted(Path(target).glob('*'))
        return [str(p) for p in files if p.suffix.lower() in SUFFIXES]

    def load(self, frame: Any) -> dict:
        """Reads a target frame, given an element of what :meth:`find` returned."""
        image = cv2.imread(frame)
        if image is None:
            raise InputError(f'{frame} is no image that can be read; remove or replace it')
        return dict(img=image)

    def recall(self, index: int) -> Measured:
        """Statistics of target frame number ``index``; each frame is read and measured once."""
        if index not in self._measured:
            self._measured[index] = self.measure(self.load(self.frames[index]))
        return self._measured[index]

    def draw(self, results: dict) -> Measured:
        """Statistics of a random target frame."""
        return self.recall(np.random.randint(len(self.frames)))

    def transform(self, results: dict) -> dict:
        image = results['img']
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise InputError(
                f'the image of {results.get("img_path", "the sample")} is {image.dtype} '
                f'{image.shape}, but BGR uint8 (H, W, 3) is needed; put {type(self).__name__} '
                'after LoadImageFromFile(to_float32=False) and before normalization'
            )
        results['img'] = self.match(results, self.draw(results))
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(target={self.target!r})'
