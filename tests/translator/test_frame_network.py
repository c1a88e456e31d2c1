"""The network from uint8 frames to uint8 frames."""

import numpy as np
import pytest
import torch

from semgan_aug.models.networks import ImageGenerator
from semgan_aug.translator.frame_network import FrameNetwork, reflection


@pytest.mark.parametrize('side', range(1, 20))
def test_reflection(side):
    """As numpy pads."""
    expected = np.pad(np.arange(side), (0, 24 - side), 'reflect')
    assert reflection(side, 24, torch.device('cpu')).tolist() == expected.tolist()


@pytest.mark.parametrize(
    'side, padded', [(1, 8), (7, 8), (8, 8), (9, 12), (12, 12), (1052, 1052), (1914, 1916)]
)
def test_sides_grow_to_a_multiple_of_the_generators(side, padded):
    network = FrameNetwork(ImageGenerator(2, 0), num_classes=3)
    assert network.padded(side) == padded
