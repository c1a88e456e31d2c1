"""Histogram matching, by hand and for each channel."""

import cv2
import numpy as np
from target_images import random_image, sample

from semgan_aug.transforms import HistogramMatching
from semgan_aug.transforms.histogram_matching import cumulative_histogram


def test_histogram_by_hand(tmp_path):
    """Half of the pixels 10 and half 20 become half 100 and half 200."""
    source, frame = (np.array([[[a] * 3, [b] * 3]], np.uint8) for a, b in ((10, 20), (100, 200)))
    cv2.imwrite(str(tmp_path / 'a.png'), frame)
    assert np.array_equal(HistogramMatching(str(tmp_path))(sample(source))['img'], frame)


def test_histogram_of_each_channel(tmp_path):
    image, frame = random_image(8, (64, 64), 60, 200), random_image(9, (64, 64), 20, 90)
    frame[..., 1] += 100
    cv2.imwrite(str(tmp_path / 'a.png'), frame)
    moved = HistogramMatching(str(tmp_path))(sample(image))['img']
    assert abs(cumulative_histogram(moved) - cumulative_histogram(frame)).max() < 0.02
    assert abs(cumulative_histogram(image) - cumulative_histogram(frame)).max() > 0.5
