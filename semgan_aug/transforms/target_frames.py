"""What transforms share that give a frame the look of a random target frame."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import DATASETS

SUFFIXES = ('.png', '.jpg', '.jpeg')


class TargetFrameTransform(BaseTransform):
    """Draws a target frame for each image and makes the image look like it.

    Subclasses say what is measured on a target frame, once, and how an image takes that on.

    Required Keys:

    - img (np.uint8, (H, W, 3), BGR)

    Modified Keys:

    - img

    Args:
        target: where target frames come from: a folder (png, jpg, jpeg), or the config of any
            mmseg dataset, of which only the image files are used.

    Raises:
        ValueError: the folder holds no frames, one of them cannot be read, or the image is not
            uint8 (H, W, 3).
    """

    def __init__(self, target: str | dict) -> None:
        self.target = target
        self.frames = self.find(target)
        if not len(self.frames):
            raise ValueError(
                f'{type(self).__name__} found no frames ({", ".join(SUFFIXES)}) in {target}; '
                'correct target, a folder of images or the config of a dataset'
            )
        self._measured: dict[int, object] = {}

    @abstractmethod
    def measure(self, frame: dict) -> object:
        """What is to be remembered of a target frame, ``dict(img=...)``."""

    @abstractmethod
    def match(self, results: dict, measured: object) -> np.ndarray:
        """The sample's image with the look of what was measured."""

    def find(self, target: str | dict) -> Sequence:
        """The target frames; :meth:`load` is given one of them."""
        if isinstance(target, dict):
            dataset = DATASETS.build(target)
            return [dataset.get_data_info(i)['img_path'] for i in range(len(dataset))]
        files = sorted(Path(target).glob('*'))
        return [str(p) for p in files if p.suffix.lower() in SUFFIXES]

    def load(self, path: str) -> dict:
        """A target frame to measure."""
        image = cv2.imread(path)
        if image is None:
            raise ValueError(f'{path} is no image that can be read; remove or replace it')
        return dict(img=image)

    def recall(self, index: int) -> object:
        """What was measured on target frame number ``index``; each is read once."""
        if index not in self._measured:
            self._measured[index] = self.measure(self.load(self.frames[index]))
        return self._measured[index]

    def draw(self, results: dict) -> object:
        """What was measured on a random target frame."""
        return self.recall(np.random.randint(len(self.frames)))

    def transform(self, results: dict) -> dict:
        image = results['img']
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(
                f'the image of {results.get("img_path", "the sample")} is {image.dtype} '
                f'{image.shape}, but BGR uint8 (H, W, 3) is needed; put {type(self).__name__} '
                'after LoadImageFromFile(to_float32=False) and before normalization'
            )
        results['img'] = self.match(results, self.draw(results))
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(target={self.target!r})'
