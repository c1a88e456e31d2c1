"""SemGAN's generator: a joint encoder, an image decoder and a class map decoder."""

import torch
from torch import Tensor, nn

from ...core.errors import InputError
from .layers import ResidualBlock, autocast_dtype, conv_norm_relu, init_weights
from .steps import INPUT, Generator, Step


class PairGenerator(Generator):
    """Translates a pair in one forward pass (paper, section 2; layers of CycleGAN's ResNet).

    The encoder has a 7x7 convolution, two strided 3x3 convolutions and ``shared_blocks`` residual
    blocks. Each decoder has the other residual blocks, then twice a nearest x2 upsampling and a 3x3
    convolution, then a 7x7 head. Transposed convolutions would cause checkerboard patterns. The
    defaults have 11,872,471 parameters with 20 classes.

    Args:
        num_classes: C, the channels of the class map.
        base_channels: width of the first layer.
        num_blocks: residual blocks between the input and each head.
        shared_blocks: number of these blocks that belong to the encoder; None means all [ours].
        skip: add the encoder's features of full and half size to those of each decoder [ours].
            After a short training, frames are then sharp and keep small objects. There are no
            additional parameters. The paper's generator has no skips.
        residual: the image head computes a change, initially zero, that is added to the input
            image [ours]. False: it computes the image itself.
        amp_dtype: autocast dtype of all layers but the heads, 'bfloat16' or 'float16'.
        checkpointing: gradient checkpointing: keep only the input of each stage, and compute the
            stage again in the backward pass. This takes less memory and more time, and gives the
            same numbers.

    Raises:
        InputError: ``shared_blocks`` is outside 0 ... num_blocks, or ``amp_dtype`` is unknown.

    Example:
        >>> generator = PairGenerator(num_classes=10, base_channels=4, num_blocks=1)
        >>> image, scores = generator(torch.zeros(1, 3 + 10, 16, 24))
        >>> image.shape, scores.shape
        (torch.Size([1, 3, 16, 24]), torch.Size([1, 10, 16, 24]))
    """

    outputs = ('image', 'classes')

    def __init__(
        self,
        num_classes: int,
        base_channels: int = 64,
        num_blocks: int = 9,
        shared_blocks: int | None = None,
        skip: bool = False,
        residual: bool = False,
        amp_dtype: str | None = None,
        checkpointing: bool = False,
    ) -> None:
        super().__init__()
        shared = num_blocks if shared_blocks is None else shared_blocks
        if not 0 <= shared <= num_blocks:
            raise InputError(
                f'shared_blocks is {shared}, but 0 ... num_blocks ({num_blocks}) is allowed'
            )
        self.num_classes = num_classes
        self.skip = skip
        self.residual = residual
        self.amp_dtype = autocast_dtype(amp_dtype)
        self.checkpointing = checkpointing
        w = base_channels
        self.encoder = nn.ModuleList(
            [
                nn.Sequential(nn.ReflectionPad2d(3), *conv_norm_relu(3 + num_classes, w, 7)),
                nn.Sequential(*conv_norm_relu(w, 2 * w, 3, stride=2, pad=1)),
                nn.Sequential(
                    *conv_norm_relu(2 * w, 4 * w, 3, stride=2, pad=1),
                    *[ResidualBlock(4 * w) for _ in range(shared)],
                ),
            ]
        )
        self.image_decoder = self._decoder(w, num_blocks - shared)
        self.class_decoder = self._decoder(w, num_blocks - shared)
        to_image = nn.Conv2d(w, 3, 7)
        self.image_head = nn.Sequential(nn.ReflectionPad2d(3), to_image)
        self.class_head = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(w, num_classes, 7))
        init_weights(self)
        if residual:
            nn.init.zeros_(to_image.weight)

    @staticmethod
    def _decoder(w: int, num_blocks: int) -> nn.ModuleList:
        return nn.ModuleList(
            [
                nn.Sequential(
                    *[ResidualBlock(4 * w) for _ in range(num_blocks)],
                    nn.Upsample(scale_factor=2),
                    *conv_norm_relu(4 * w, 2 * w, 3, pad=1),
                ),
                nn.Sequential(nn.Upsample(scale_factor=2), *conv_norm_relu(2 * w, w, 3, pad=1)),
            ]
        )

    def steps(self) -> list[Step]:
        return [
            Step('full', (INPUT,), self.encoder[0]),
            Step('half', ('full',), self.encoder[1]),
            Step('code', ('half',), self.encoder[2]),
            *self._decode('image', self.image_decoder),
            Step('painted', ('image_full',), self.image_head, float32=True),
            Step('image', ('painted', INPUT), _add_change, float32=True)
            if self.residual
            else Step('image', ('painted',), torch.tanh, float32=True),
            *self._decode('class', self.class_decoder),
            Step('classes', ('class_full',), self.class_head, float32=True),
        ]

    def _decode(self, name: str, decoder: nn.ModuleList) -> list[Step]:
        """The steps of a decoder, from the code to the features of full size."""
        half, full = f'{name}_half', f'{name}_full'
        if not self.skip:
            return [Step(half, ('code',), decoder[0]), Step(full, (half,), decoder[1])]
        return [
            Step(f'{half}_alone', ('code',), decoder[0]),
            Step(half, (f'{half}_alone', 'half'), torch.add),
            Step(f'{full}_alone', (half,), decoder[1]),
            Step(full, (f'{full}_alone', 'full'), torch.add),
        ]

    def forward(self, pair: Tensor) -> tuple[Tensor, Tensor]:
        """Translates pairs.

        Args:
            pair: (N, 3 + C, H, W) in [-1, 1]; H and W multiples of 4, at least 8.

        Returns:
            The image (N, 3, H, W) in [-1, 1] and the class scores (N, C, H, W). The softmax of the
            scores is the class map; the losses in :mod:`semgan_aug.models.losses` take the scores.

        Raises:
            InputError: a side is not a multiple of 4 or is below 8; the message names the size to
                pad to.
        """
        h, w = pair.shape[-2:]
        if h % self.multiple or w % self.multiple or min(h, w) < 8:
            up = [max(8, -(-side // self.multiple) * self.multiple) for side in (h, w)]
            raise InputError(
                f'the input is {h} x {w}, but sides must be multiples of {self.multiple} and at '
                f'least 8; pad it to {up[0]} x {up[1]}'
            )
        image, classes = self.run(self.steps(), self.outputs, pair)
        return image, classes


def _add_change(painted: Tensor, pair: Tensor) -> Tensor:
    """Adds the residual head's change to the image of a pair and clips the sum to [-1, 1]."""
    return (pair[:, :3] + painted.tanh()).clamp(-1, 1)
