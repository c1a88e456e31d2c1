"""CycleGAN's generator, which translates an image without its class map."""

import torch
from torch import Tensor, nn

from ...core.checks import require_choice
from .layers import InstanceNorm, ResidualBlock, autocast_dtype, conv_norm_relu, init_weights
from .steps import INPUT, Generator, Step

#: Methods by which the decoder doubles the size, see :class:`ImageGenerator`.
UPSAMPLING = ('nearest', 'transposed')


class ImageGenerator(Generator):
    """CycleGAN's ResNet on images alone, with the layers of :class:`PairGenerator`.

    Args:
        base_channels: width of the first layer.
        num_blocks: number of residual blocks.
        upsampling: 'nearest' (followed by a 3x3 convolution, as in SemGAN's generator, for a fair
            comparison) or 'transposed' (transposed convolutions, as in CycleGAN's code). Both have
            11,378,179 parameters at the defaults.
        amp_dtype: autocast dtype of all layers but the head, 'bfloat16' or 'float16'.

    Raises:
        InputError: ``upsampling`` or ``amp_dtype`` is unknown.

    Example:
        >>> generator = ImageGenerator(base_channels=4, num_blocks=1)
        >>> generator(torch.zeros(1, 3, 16, 24)).shape
        torch.Size([1, 3, 16, 24])
    """

    def __init__(
        self,
        base_channels: int = 64,
        num_blocks: int = 9,
        upsampling: str = 'nearest',
        amp_dtype: str | None = None,
    ) -> None:
        super().__init__()
        require_choice('ImageGenerator', 'upsampling', upsampling, UPSAMPLING)
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

    def steps(self) -> list[Step]:
        return [
            Step('features', (INPUT,), self.body),
            Step('painted', ('features',), self.head, float32=True),
            Step('image', ('painted',), torch.tanh, float32=True),
        ]

    def forward(self, image: Tensor) -> Tensor:
        """Translates images (N, 3, H, W) in [-1, 1]; H and W are multiples of 4, at least 8."""
        (translated,) = self.run(self.steps(), self.outputs, image)
        return translated


def _double(cin: int, cout: int, upsampling: str) -> list[nn.Module]:
    if upsampling == 'nearest':
        return [nn.Upsample(scale_factor=2), *conv_norm_relu(cin, cout, 3, pad=1)]
    up = nn.ConvTranspose2d(cin, cout, 3, stride=2, padding=1, output_padding=1)
    return [up, InstanceNorm(cout), nn.ReLU(inplace=True)]
