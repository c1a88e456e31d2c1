"""Fourier domain adaptation, by hand: slow waves change, fast ones stay."""

import cv2
import numpy as np
import pytest
import tiny
from target_images import random_image, sample

from semgan_aug.transforms import FDA


def wave(cycles, size, amplitude=40):
    x = np.arange(size[1]) / size[1]
    gray = 128 + amplitude * np.cos(2 * np.pi * cycles * x)
    return np.repeat(np.repeat(gray[None, :, None], size[0], 0), 3, 2)


def test_fda_by_hand(tmp_path):
    """A slow wave takes the target's amplitude and mean, a fast one stays; any size will do."""
    target = wave(1, (40, 60), 20) - 30
    cv2.imwrite(str(tmp_path / 'a.png'), target.round().astype(np.uint8))
    image = wave(1, (64, 96), 50) + wave(20, (64, 96), 15) - 128
    moved = FDA(str(tmp_path), beta=0.05)(sample(image.round().astype(np.uint8)))['img']
    expected = wave(1, (64, 96), 20) - 30 + wave(20, (64, 96), 15) - 128
    assert np.abs(moved - expected).max() <= 3


def test_fda_of_beta_0_moves_the_mean_alone(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.png'), random_image(10, low=50, high=90))
    image = random_image(11, low=100, high=140)
    moved = FDA(str(tmp_path), beta=0)(sample(image))['img'].astype(float)
    shift = moved - image
    assert np.abs(shift - shift.mean((0, 1))).max() <= 1 and abs(moved.mean() - 70) < 2


@pytest.mark.parametrize('beta', [-0.1, 0.5])
def test_fda_wrong_beta(tmp_path, beta):
    with pytest.raises(ValueError, match=f'beta is {beta}') as error:
        FDA(str(tmp_path), beta=beta)
    tiny.assert_one_sentence(str(error.value))
