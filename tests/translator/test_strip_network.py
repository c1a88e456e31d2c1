"""Layers run strip by strip give the rows of the whole map."""

import pytest
import tiny
import torch
from torch import nn

from semgan_aug.models.networks.layers import InstanceNorm, ResidualBlock
from semgan_aug.translator import strip_network
from semgan_aug.translator.feature_maps import StoredMap
from semgan_aug.translator.strip_network import StripNetwork

MAP = (2, 13, 9)


def stored(channels: int, height: int, width: int) -> StoredMap:
    source = StoredMap(height, width)
    source.write(0, torch.randn(1, channels, height, width, dtype=torch.float64))
    return source


LAYERS = {
    'reflection': nn.ReflectionPad2d(3),
    '7x7': nn.Conv2d(2, 3, 7),
    '3x3, zeros': nn.Conv2d(2, 3, 3, padding=1),
    'strided 3x3, zeros': nn.Conv2d(2, 3, 3, 2, 1),
    'strided 4x4': nn.Conv2d(2, 3, 4, 2),
    'upsampling': nn.Upsample(scale_factor=2),
    'transposed': nn.ConvTranspose2d(2, 3, 3, 2, 1, 1),
    'transposed 4x4': nn.ConvTranspose2d(2, 3, 4, 2, 1),
    'transposed, no padding': nn.ConvTranspose2d(2, 3, 2, 2),
    'ReLU': nn.ReLU(),
    'instance norm': InstanceNorm(2),
    'layer norm': nn.GroupNorm(1, 2),
    'group norm': nn.GroupNorm(2, 2),
    'block': ResidualBlock(2),
}


@pytest.mark.parametrize('name', LAYERS)
@torch.no_grad()
def test_any_rows_of_a_layer_are_a_slice_of_the_whole(monkeypatch, name):
    torch.manual_seed(0)
    source = stored(*MAP)
    layer = LAYERS[name].double()
    for value in layer.parameters():
        nn.init.normal_(value)
    monkeypatch.setattr(strip_network, 'STRIP_PIXELS', 4 * MAP[2])
    found = StripNetwork(2 * MAP[1], MAP[2]).run([layer], source)
    expected = layer(source.map)
    assert (found.height, found.width) == expected.shape[2:]
    for first in range(found.height):
        for last in range(first + 1, found.height + 1):
            part = found.read(first, last)
            assert part.shape == expected[:, :, first:last].shape, (first, last)
            assert (part - expected[:, :, first:last]).abs().max() < 1e-12, (first, last)


def test_unknown_layers_are_refused():
    with pytest.raises(TypeError, match='Dropout layers cannot be run in strips') as error:
        StripNetwork(8, 8).run([nn.Dropout()], stored(1, 8, 8))
    tiny.assert_one_sentence(str(error.value))
