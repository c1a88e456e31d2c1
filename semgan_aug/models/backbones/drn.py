"""Dilated residual networks (Yu, Koltun, Funkhouser, "Dilated Residual Networks", 1705.09914)."""

from collections.abc import Sequence

from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ...core.errors import InputError

WIDTHS = (16, 32, 64, 128, 256, 512, 512, 512)

# Stride of the first convolution, and dilation of all convolutions, in levels 1 to 8. Level 4 has
# the last stride (output stride 8). Dilation replaces two further strides. Levels 7 and 8 reduce it
# again, against gridding.
STRIDES = (1, 2, 2, 2, 1, 1, 1, 1)
DILATIONS = (1, 1, 1, 1, 2, 4, 2, 1)
RESIDUAL_LEVELS = (3, 4, 5, 6)
BLOCKS_PER_RESIDUAL_LEVEL = 2

ARCHS = ('C-26', 'D-22')


def conv_norm(
    in_channels: int,
    channels: int,
    norm_cfg: dict,
    kernel: int = 3,
    stride: int = 1,
    dilation: int = 1,
) -> list[nn.Module]:
    """Layers: a padded convolution without bias, and its norm; stride 1 keeps the size."""
    return [
        nn.Conv2d(
            in_channels,
            channels,
            kernel,
            stride,
            padding=dilation * (kernel // 2),
            dilation=dilation,
            bias=False,
        ),
        build_norm_layer(norm_cfg, channels)[1],
    ]


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions: (N, in, H, W) to (N, channels, H / stride, W / stride).

    Args:
        in_channels: Channels of the input.
        channels: Channels of the output.
        stride: Stride of the first convolution.
        dilation: Dilation of both convolutions.
        residual: Whether the input is added before the last ReLU, through a 1 x 1 convolution if
            its shape differs.
        norm_cfg: mmcv norm config.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int,
        dilation: int,
        residual: bool,
        norm_cfg: dict,
    ) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_norm(
            in_channels, channels, norm_cfg, stride=stride, dilation=dilation
        )
        self.conv2, self.bn2 = conv_norm(channels, channels, norm_cfg, dilation=dilation)
        self.relu = nn.ReLU(inplace=True)
        self.residual = residual
        self.downsample = None
        if residual and (stride != 1 or in_channels != channels):
            self.downsample = nn.Sequential(
                *conv_norm(in_channels, channels, norm_cfg, kernel=1, stride=stride)
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if self.residual:
            out = out + (x if self.downsample is None else self.downsample(x))
        return self.relu(out)


@MODELS.register_module()
class DRN(BaseModule):
    """DRN-C-26 (the task network of CyCADA and, as "DRN-26", of SemGAN) or DRN-D-22.

    The input is normalized images (N, 3, H, W); the features have output stride 8. At the default
    widths, the networks have 20,613,584 (C-26) and 15,880,752 (D-22) parameters. Parameters have
    the names of the public ImageNet checkpoints of fyu/drn (``drn_c_26``, ``drn_d_22``), so
    ``init_cfg=dict(type='Pretrained', checkpoint='drn_d_22.pth')`` loads one without its
    classifier ``fc``.

    The head of the original is mmseg's ``FCNHead`` with ``num_convs=0`` and ``concat_input=False``:
    a 1 x 1 convolution, enlarged 8 times by mmseg.

    Args:
        arch: ``'C-26'`` (residual blocks in levels 1 and 2, blocks without residual in 7 and 8) or
            ``'D-22'`` (single convolutions in all four).
        widths: Channels of levels 1 to 8; level 0 has those of level 1.
        out_indices: Levels (0..8) whose features are returned, in rising order.
        norm_cfg: mmcv norm config, e.g. ``dict(type='SyncBN')``.
        norm_eval: Keep the batch statistics of all norms fixed in training.
        init_cfg: mmengine init config; by default He's normal initialization by fan-out, as in the
            original.

    Raises:
        InputError: an argument is not allowed.

    Example:
        >>> import torch
        >>> from mmseg.registry import MODELS
        >>> drn = MODELS.build(dict(type='DRN', arch='D-22', widths=(4,) * 8))
        >>> [tuple(features.shape) for features in drn(torch.zeros(1, 3, 32, 64))]
        [(1, 4, 4, 8)]
    """

    def __init__(
        self,
        arch: str = 'C-26',
        widths: Sequence[int] = WIDTHS,
        out_indices: Sequence[int] = (8,),
        norm_cfg: dict | None = None,
        norm_eval: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if arch not in ARCHS:
            raise InputError(f'DRN arch={arch!r} is unknown; choose one of {", ".join(ARCHS)}.')
        if len(widths) != len(STRIDES) or min(widths) < 1:
            raise InputError(
                f'DRN widths={tuple(widths)} must be {len(STRIDES)} channel counts of at least 1, '
                f'one for each of levels 1 to 8; the original has {WIDTHS}.'
            )
        if not out_indices or list(out_indices) != sorted({*out_indices} & {*range(9)}):
            raise InputError(
                f'DRN out_indices={tuple(out_indices)} must be levels from 0 to 8 in rising order; '
                '(8,) is the last.'
            )
        norm_cfg = norm_cfg or dict(type='BN')
        if init_cfg is None:
            init_cfg = [
                dict(type='Kaiming', layer='Conv2d', mode='fan_out', nonlinearity='relu'),
                dict(type='Constant', layer=['_BatchNorm', 'GroupNorm'], val=1),
            ]
        super().__init__(init_cfg)
        self.out_indices = tuple(out_indices)
        self.norm_eval = norm_eval
        self.arch = arch

        # The public checkpoints of the two networks name level 0 differently.
        stem = conv_norm(3, widths[0], norm_cfg, kernel=7)
        if arch == 'C-26':
            self.conv1, self.bn1 = stem
            self.relu = nn.ReLU(inplace=True)
        else:
            self.layer0 = nn.Sequential(*stem, nn.ReLU(inplace=True))

        in_channels = widths[0]
        for level, (channels, stride, dilation) in enumerate(
            zip(widths, STRIDES, DILATIONS, strict=True), 1
        ):
            if level in RESIDUAL_LEVELS:
                layers = [
                    BasicBlock(
                        channels if i else in_channels,
                        channels,
                        1 if i else stride,
                        dilation,
                        True,
                        norm_cfg,
                    )
                    for i in range(BLOCKS_PER_RESIDUAL_LEVEL)
                ]
            elif arch == 'C-26':
                layers = [BasicBlock(in_channels, channels, stride, dilation, level < 7, norm_cfg)]
            else:
                layers = [
                    *conv_norm(in_channels, channels, norm_cfg, stride=stride, dilation=dilation),
                    nn.ReLU(inplace=True),
                ]
            self.add_module(f'layer{level}', nn.Sequential(*layers))
            in_channels = channels

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Computes the features of the levels in ``out_indices``.

        Args:
            x: normalized images (N, 3, H, W).

        Returns:
            One map per level: of height H in levels 0 and 1, H/2 in level 2, H/4 in level 3, and
            H/8 from level 4 on.
        """
        x = self.relu(self.bn1(self.conv1(x))) if self.arch == 'C-26' else self.layer0(x)
        features = [x]
        for level in range(1, self.out_indices[-1] + 1):
            features.append(getattr(self, f'layer{level}')(features[-1]))
        return tuple(features[i] for i in self.out_indices)

    def train(self, mode: bool = True) -> 'DRN':
        super().train(mode)
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self
