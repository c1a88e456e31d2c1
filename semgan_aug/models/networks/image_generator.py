"""CycleGAN's generator: an image in, an image out."""

import torch
from torch import Tensor, nn

from .layers import InstanceNorm, ResidualBlock, autocast_dtype, conv_norm_relu, init_weights

#: How the decoder doubles the size, see :class:`ImageGenerator`.
UPSAMPLING = ('nearest', 'transposed')


class ImageGenerator(nn.Module):
    """CycleGAN's ResNet on images alone, in the layers of :class:`PairGenerator`.

    Args:
        base_channels: width of the first layer.
        num_blocks: residual blocks.
        upsampling: 'nearest' (and a 3x3 convolution, as in SemGAN's generator, for a comparison
            at equal terms) or 'transposed' (CycleGAN's own). 11,378,179 parameters either way at
            the defaults.
        amp_dtype: run everything but the head in this autocast dtype, 'bfloat16' or 'float16'.

    Raises:
        ValueError: an unknown ``upsampling`` or ``amp_dtype``.
    """

    #: Sides of the input must be multiples of this (two strided convolutions).
    multiple = 4

    def __init__(
        self,
        base_channels: int = 64,
        num_blocks: int = 9,
        upsampling: str = 'nearest',
        amp_dtype: str | None = None,
    ) -> None:
        super().__init__()
        if upsampling not in UPSAMPLING:
            raise ValueError(f'upsampling is {upsampling!r}; use one of {UPSAMPLING}')
        self.amp_dtype = autocast_dtype(amp_dtype)
        w = base_channels
        self.body = nn.Sequential(
            nn.ReflectionPad2d(3),
            *conv_norm_relu(3, w, 7),
            *conv_norm_relu(w, 2 * w, 3, stride=2, pad=1),
            *conv_norm_relu(2 * w, 4 * w, 3, stride=2, pad=1),
            *[ResidualBlock(4 * w) for _ in range(num_blocks)],
            *_double(4 * w, 2 * w, upsampling),
            *_double(2 * w, w, upsampling),
        )
        self.head = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(w, 3, 7))
        init_weights(self)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] to the same; H and W multiples of 4, at least 8."""
        with torch.autocast(image.device.type, self.amp_dtype, enabled=bool(self.amp_dtype)):
            code = self.body(image)
        with torch.autocast(image.device.type, enabled=False):
            return self.head(code.float()).tanh()


def _double(cin: int, cout: int, upsampling: str) -> list[nn.Module]:
    if upsampling == 'nearest':
        return [nn.Upsample(scale_factor=2), *conv_norm_relu(cin, cout, 3, pad=1)]
    up = nn.ConvTranspose2d(cin, cout, 3, stride=2, padding=1, output_padding=1)
    return [up, InstanceNorm(cout), nn.ReLU(inplace=True)]
