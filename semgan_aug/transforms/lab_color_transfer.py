"""The cheapest translator of all: Lab mean and deviation of a target frame."""

from pathlib import Path

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import DATASETS, TRANSFORMS

SUFFIXES = ('.png', '.jpg', '.jpeg')


@TRANSFORMS.register_module()
class LabColorTransfer(BaseTransform):
    """Gives a frame the per-channel Lab mean and standard deviation of a random target frame.

    Reinhard et al., "Color transfer between images", IEEE CG&A 2001, in CIE Lab.

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

    def __init__(self, target: str | dict):
        self.target = target
        if isinstance(target, dict):
            dataset = DATASETS.build(target)
            self.frames = [dataset.get_data_info(i)['img_path'] for i in range(len(dataset))]
        else:
            files = sorted(Path(target).glob('*'))
            self.frames = [str(p) for p in files if p.suffix.lower() in SUFFIXES]
        if not self.frames:
            raise ValueError(
                f'LabColorTransfer found no frames ({", ".join(SUFFIXES)}) in {target}; correct '
                'target, a folder of images or the config of a dataset'
            )
        self._statistics: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def transform(self, results: dict) -> dict:
        image = results['img']
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(
                f'the image of {results.get("img_path", "the sample")} is {image.dtype} '
                f'{image.shape}, but BGR uint8 (H, W, 3) is needed; put LabColorTransfer after '
                'LoadImageFromFile(to_float32=False) and before normalisation'
            )
        path = self.frames[np.random.randint(len(self.frames))]
        if path not in self._statistics:
            frame = cv2.imread(path)
            if frame is None:
                raise ValueError(f'{path} is no image that can be read; remove or replace it')
            self._statistics[path] = _mean_std(_to_lab(frame))
        results['img'] = match_lab(image, *self._statistics[path])
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(target={self.target!r})'


def match_lab(image: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """BGR uint8 (H, W, 3) to one with the given Lab mean and std (3,); clipped to the gamut."""
    lab = _to_lab(image)
    own_mean, own_std = _mean_std(lab)
    lab = (lab - own_mean) * (std / np.maximum(own_std, 1e-3)) + mean
    bgr = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_Lab2BGR)
    return (bgr * 255).round().clip(0, 255).astype(np.uint8)


def _to_lab(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)


def _mean_std(lab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return lab.mean((0, 1)), lab.std((0, 1))
