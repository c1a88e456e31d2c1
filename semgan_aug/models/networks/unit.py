"""UNIT's networks: an encoder and a decoder per domain, and a discriminator on three scales."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .layers import ResidualBlock, autocast_dtype, conv_norm_relu, init_weights
from .steps import INPUT, Generator, Step


class UNITAutoencoders(Generator):
    """Both encoders and both decoders of UNIT, as in the master branch of the authors' code.

    An encoder has a 7x7 convolution of width w, two strided 4x4 convolutions and residual blocks,
    with instance norm. A decoder has as many residual blocks, then twice a nearest x2 upsampling
    and a 5x5 convolution with layer norm, then a 7x7 convolution and tanh.

    Args:
        base_channels: width w of the first convolution.
        num_blocks: number of residual blocks in each encoder and each decoder.
        amp_dtype: autocast dtype of all layers but the heads.

    Example:
        >>> autoencoders = UNITAutoencoders(base_channels=4, num_blocks=1)
        >>> image, code = autoencoders(torch.zeros(1, 3, 16, 24), 'source', 'target')
        >>> image.shape, code.shape
        (torch.Size([1, 3, 16, 24]), torch.Size([1, 16, 4, 6]))
    """

    def __init__(
        self, base_channels: int = 64, num_blocks: int = 4, amp_dtype: str | None = None
    ) -> None:
        super().__init__()
        self.amp_dtype = autocast_dtype(amp_dtype)
        w, names = base_channels, ('source', 'target')
        self.encoders = nn.ModuleDict({name: self._encoder(w, num_blocks) for name in names})
        self.decoders = nn.ModuleDict({name: self._decoder(w, num_blocks) for name in names})
        self.heads = nn.ModuleDict(
            {n: nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(w, 3, 7)) for n in names}
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d) and not layer.weight.is_meta:
                nn.init.kaiming_normal_(layer.weight)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    @staticmethod
    def _encoder(w: int, num_blocks: int) -> nn.Sequential:
        layers = [nn.ReflectionPad2d(3), *conv_norm_relu(3, w, 7)]
        for cin in (w, 2 * w):
            layers += [nn.ReflectionPad2d(1), *conv_norm_relu(cin, 2 * cin, 4, stride=2)]
        return nn.Sequential(*layers, *[ResidualBlock(4 * w) for _ in range(num_blocks)])

    @staticmethod
    def _decoder(w: int, num_blocks: int) -> nn.Sequential:
        layers = [ResidualBlock(4 * w) for _ in range(num_blocks)]
        for cin in (4 * w, 2 * w):
            layers += [
                nn.Upsample(scale_factor=2),
                nn.ReflectionPad2d(2),
                nn.Conv2d(cin, cin // 2, 5),
                nn.GroupNorm(1, cin // 2),  # layer norm over channels and pixels
                nn.ReLU(inplace=True),
            ]
        return nn.Sequential(*layers)

    def steps(self, own: str = 'source', other: str = 'target') -> list[Step]:
        return [
            Step('code', (INPUT,), self.encoders[own]),
            Step('noisy_code', ('code',), self._add_noise),
            Step('features', ('noisy_code',), self.decoders[other]),
            Step('painted', ('features',), self.heads[other], float32=True),
            Step('image', ('painted',), torch.tanh, float32=True),
        ]

    def _add_noise(self, code: Tensor) -> Tensor:
        """Adds N(0, 1) noise to the code in training mode; returns the code itself otherwise."""
        return code + torch.randn_like(code) if self.training else code

    def forward(self, image: Tensor, own: str, other: str) -> tuple[Tensor, Tensor]:
        """Encodes images of one domain and decodes them to a domain.

        Args:
            image: (N, 3, H, W) in [-1, 1] of domain ``own``; H and W are multiples of 4.
            own: 'source' or 'target'.
            other: the domain to decode to; if it is ``own``, the images are reconstructed.

        Returns:
            The image (N, 3, H, W) in [-1, 1] and the code (N, 4 * base_channels, H / 4, W / 4). In
            training mode, N(0, 1) noise is added to the code before it is decoded.
        """
        translated, code = self.run(self.steps(own, other), ('image', 'code'), image)
        return translated, code.float()


class MultiScaleDiscriminator(nn.Module):
    """UNIT's discriminator: four strided convolutions without norm for each of several scales.

    Args:
        base_channels: width w of the first convolution.
        num_scales: number of scales: 1, 1/2, 1/4 ... of the image's size.
        amp_dtype: autocast dtype of all layers but the last convolutions.

    Example:
        >>> discriminator = MultiScaleDiscriminator(base_channels=4)
        >>> [scores.shape[2] for scores in discriminator(torch.zeros(1, 3, 64, 64))]
        [4, 2, 1]
    """

    def __init__(
        self, base_channels: int = 64, num_scales: int = 3, amp_dtype: str | None = None
    ) -> None:
        super().__init__()
        self.amp_dtype = autocast_dtype(amp_dtype)
        widths = [3, *(base_channels * 2**i for i in range(4))]
        self.bodies, self.heads = nn.ModuleList(), nn.ModuleList()
        for _ in range(num_scales):
            layers = []
            for cin, cout in zip(widths, widths[1:]):
                layers += [nn.ReflectionPad2d(1), nn.Conv2d(cin, cout, 4, 2), nn.LeakyReLU(0.2)]
            self.bodies.append(nn.Sequential(*layers))
            self.heads.append(nn.Conv2d(widths[-1], 1, 1))
        init_weights(self)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Judges images (N, 3, H, W) of at least 64 x 64: float32 scores (N, 1, h, w) per scale."""
        scores = []
        for body, head in zip(self.bodies, self.heads):
            with torch.autocast(image.device.type, self.amp_dtype, enabled=bool(self.amp_dtype)):
                code = body(image)
            with torch.autocast(image.device.type, enabled=False):
                scores.append(head(code.float()))
            image = functional.avg_pool2d(image, 3, 2, 1, count_include_pad=False)
        return scores
