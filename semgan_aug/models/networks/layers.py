"""Layers that generators and discriminators share."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...core.errors import InputError

#: Values of a network's ``amp_dtype``; None means float32 throughout.
AMP_DTYPES = ('bfloat16', 'float16')


def autocast_dtype(name: str | None) -> torch.dtype | None:
    """The dtype of a network's ``amp_dtype``.

    Raises:
        InputError: the name is neither None nor one of :data:`AMP_DTYPES`.
    """
    if name is not None and name not in AMP_DTYPES:
        raise InputError(f'amp_dtype is {name!r}, but None or one of {AMP_DTYPES} is allowed')
    return name and getattr(torch, name)


class InstanceNorm(nn.InstanceNorm2d):
    """Instance norm without affine parameters, with statistics in float32.

    PyTorch's instance norm returns contiguous tensors (pytorch#72341), so channels_last would be
    lost at every norm. For half-precision input on a CPU, it also rounds the means to half
    precision. A group norm with one group per channel computes the same function without both
    faults.
    """

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            if x.is_contiguous() and x.dtype == torch.float32:
                return super().forward(x)
            return functional.group_norm(x, self.num_features, eps=self.eps)


class ResidualBlock(nn.Module):
    """x + conv(relu(conv(x))) with reflection padding and instance norm; no ReLU after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            InstanceNorm(channels),
            nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            InstanceNorm(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def conv_norm_relu(
    cin: int, cout: int, kernel: int, stride: int = 1, pad: int = 0
) -> list[nn.Module]:
    """Layers: a convolution with bias, instance norm without affine parameters, and ReLU."""
    return [
        nn.Conv2d(cin, cout, kernel, stride, pad),
        InstanceNorm(cout),
        nn.ReLU(inplace=True),
    ]


def init_weights(module: nn.Module) -> None:
    """Draws N(0, 0.02) weights and sets biases to zero (CycleGAN)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d) and not layer.weight.is_meta:  # slow on meta
            nn.init.normal_(layer.weight, 0.0, 0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
