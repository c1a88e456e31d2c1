"""Lazy feature maps read just the rows that they need."""

import pytest
import torch
from torch import nn

from semgan_aug.translator.feature_maps import (
    Convolution,
    Reflection,
    StoredMap,
    TransposedConvolution,
    Upsampling,
)


class Watched(StoredMap):
    """Remembers the rows that were read."""

    def read(self, first, last):
        self.seen = first, last
        return super().read(first, last)


@pytest.mark.parametrize(
    'build_map, rows, needed',
    [
        (lambda x: Reflection(x, nn.ReflectionPad2d(3)), (8, 12), (5, 9)),
        (lambda x: Reflection(x, nn.ReflectionPad2d(3)), (0, 1), (3, 4)),
        (lambda x: Convolution(x, nn.Conv2d(1, 1, 7), None), (2, 5), (2, 11)),
        (lambda x: Convolution(x, nn.Conv2d(1, 1, 3, 2, 1), None), (0, 3), (0, 6)),
        (lambda x: Convolution(x, nn.Conv2d(1, 1, 3, 2, 1), None), (4, 7), (7, 14)),
        (lambda x: Upsampling(x, nn.Upsample(scale_factor=2)), (3, 6), (1, 3)),
        (
            lambda x: TransposedConvolution(x, nn.ConvTranspose2d(1, 1, 3, 2, 1, 1), None),
            (3, 7),
            (1, 4),
        ),
    ],
    ids=['reflection', 'mirrored', '7x7', 'top', 'strided', 'upsampling', 'transposed'],
)
@torch.no_grad()
def test_just_the_rows_that_the_kernel_reaches_are_read(build_map, rows, needed):
    source = Watched(20, 11)
    source.write(0, torch.randn(1, 1, 20, 11))
    build_map(source).read(*rows)
    assert source.seen == needed
