"""Histogram matching: each color channel takes the distribution of a target frame."""

import cv2
import numpy as np
from mmseg.registry import TRANSFORMS

from .target_frames import TargetFrameTransform


@TRANSFORMS.register_module()
class HistogramMatching(TargetFrameTransform[np.ndarray]):
    """Gives each of B, G and R the histogram that it has in a random target frame.

    Gonzalez and Woods, "Digital Image Processing", section 3.3. Keys, arguments and errors are
    those of :class:`TargetFrameTransform`.

    Example:
        >>> target = dict(type='MiniStreetsDataset', domain='camera', num_frames=2)
        >>> step = HistogramMatching(target)
        >>> frame = dict(img=np.zeros((96, 160, 3), np.uint8))
        >>> step(frame)['img'].shape
        (96, 160, 3)
    """

    def measure(self, frame: dict) -> np.ndarray:
        """Share of pixels up to each gray level for each channel, (3, 256)."""
        return cumulative_histogram(frame['img'])

    def match(self, results: dict, measured: np.ndarray) -> np.ndarray:
        own = cumulative_histogram(results['img'])
        # Each level becomes the target's lowest level with at least the same share of pixels.
        table = [np.searchsorted(t, o - 1e-9) for o, t in zip(own, measured)]
        table = np.stack(table, 1).clip(0, 255).astype(np.uint8)
        return cv2.LUT(results['img'], table[:, None])


def cumulative_histogram(image: np.ndarray) -> np.ndarray:
    """Share of pixels up to each gray level.

    Args:
        image: uint8 (H, W, 3).

    Returns:
        (3, 256) float in 0 ... 1, one row per channel.
    """
    counts = [np.bincount(channel.ravel(), minlength=256) for channel in np.moveaxis(image, 2, 0)]
    return np.cumsum(counts, 1) / image[..., 0].size
