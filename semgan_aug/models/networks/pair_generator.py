"""The generator: one joint encoder, one decoder for the image and one for the class map."""

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ...core.errors import InputError
from .layers import ResidualBlock, autocast_dtype, conv_norm_relu, init_weights


class PairGenerator(nn.Module):
    """Translates a pair in one forward pass (paper, section 2; layers of CycleGAN's ResNet).

    Encoder: 7x7, two strided 3x3, ``shared_blocks`` residual blocks. Each decoder: the rest of
    the blocks, two times (nearest x2 and 3x3 convolution; no transposed convolutions, hence no
    checkerboard), 7x7 head. 11,872,471 parameters at the defaults.

    Args:
        num_classes: C, the channels of the class map.
        base_channels: width of the first layer.
        num_blocks: residual blocks on the way to each head.
        shared_blocks: how many of them belong to the encoder; None = all [ours].
        skip: add the encoder's features of full and half size to those of each decoder [ours]:
            sharp frames and small objects after a short training, at no parameter's cost; the
            paper's generator has none.
        residual: the image head adds to the input image instead of painting from nothing, and
            begins at adding nothing [ours].
        amp_dtype: run everything but the heads in this autocast dtype, 'bfloat16' or 'float16'.
        checkpointing: keep only what enters each stage for the backward pass and compute the rest
            again there: less memory, more time, the same numbers.

    Raises:
        ValueError: ``shared_blocks`` outside 0 ... num_blocks, or an unknown ``amp_dtype``.
    """

    #: Sides of the input must be multiples of this (two strided convolutions).
    multiple = 4

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
            raise ValueError(
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
        self.image_head = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(w, 3, 7))
        self.class_head = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(w, num_classes, 7))
        init_weights(self)
        if residual:
            nn.init.zeros_(self.image_head[1].weight)

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

    def _run(self, stage: nn.Module, x: Tensor) -> Tensor:
        if self.checkpointing and torch.is_grad_enabled():
            # No stage draws random numbers, so there are none to bring back.
            return checkpoint(stage, x, use_reentrant=False, preserve_rng_state=False)
        return stage(x)

    def _decode(self, decoder: nn.ModuleList, full: Tensor, half: Tensor, code: Tensor) -> Tensor:
        lower = self._run(decoder[0], code)
        if not self.skip:
            return self._run(decoder[1], lower)
        return self._run(decoder[1], lower + half) + full

    def forward(self, pair: Tensor) -> tuple[Tensor, Tensor]:
        """Args:
            pair: (N, 3 + C, H, W) in [-1, 1]; H and W multiples of 4, at least 8.

        Returns:
            The image (N, 3, H, W) in [-1, 1] (tanh; clipped if ``residual``) and the class
            scores (N, C, H, W), of which softmax gives the class map: losses want the scores, see
            :mod:`semgan_aug.models.losses`.

        Raises:
            InputError: a side is no multiple of 4 (names the size to pad to) or below 8.
        """
        h, w = pair.shape[-2:]
        if h % self.multiple or w % self.multiple or min(h, w) < 8:
            up = [max(8, -(-side // self.multiple) * self.multiple) for side in (h, w)]
            raise InputError(
                f'the input is {h} x {w}, but sides must be multiples of {self.multiple} and at '
                f'least 8; pad it to {up[0]} x {up[1]}'
            )
        with torch.autocast(pair.device.type, self.amp_dtype, enabled=bool(self.amp_dtype)):
            full = self._run(self.encoder[0], pair)
            half = self._run(self.encoder[1], full)
            code = self._run(self.encoder[2], half)
            image = self._decode(self.image_decoder, full, half, code)
            classes = self._decode(self.class_decoder, full, half, code)
        with torch.autocast(pair.device.type, enabled=False):  # heads in fp32
            image = self.image_head(image.float()).tanh()
            if self.residual:
                image = (pair[:, :3].float() + image).clamp(-1, 1)
            return image, self.class_head(classes.float())
