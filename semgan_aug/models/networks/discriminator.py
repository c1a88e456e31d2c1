"""SemGAN's discriminator: a PatchGAN on pairs of image and class map."""

import torch
from torch import Tensor, nn

from ...core.checks import require_whole
from .layers import InstanceNorm, autocast_dtype, init_weights


class PatchDiscriminator(nn.Module):
    """70 x 70 PatchGAN on the joint pair (paper, section 2; layers of CycleGAN).

    The layers are 4x4 convolutions of width w (stride 2, no norm), 2w (stride 2), 4w (stride 2), 8w
    (stride 1) and 1 (stride 1), with LeakyReLU 0.2 and instance norm between them. With 23 input
    channels and the default width there are 2,785,217 parameters.

    Args:
        in_channels: channels of the pair, 3 + C.
        base_channels: width w of the first convolution.
        num_strided: number of convolutions with stride 2. With 3, a score depends on 70 x 70
            pixels; with 2, on 34 x 34.
        amp_dtype: autocast dtype of all layers but the last convolution.
        out_channels: number of scores of each patch.

    Raises:
        InputError: ``amp_dtype`` is unknown, or ``num_strided`` is not a whole number from 0.

    Example:
        >>> discriminator = PatchDiscriminator(in_channels=3 + 10, base_channels=4)
        >>> discriminator(torch.zeros(1, 3 + 10, 64, 96)).shape
        torch.Size([1, 1, 6, 10])
    """

    def __init__(
        self,
        in_channels: int,
        base_channels: int = 64,
        num_strided: int = 3,
        amp_dtype: str | None = None,
        out_channels: int = 1,
    ) -> None:
        super().__init__()
        require_whole('PatchDiscriminator', 'num_strided', num_strided)
        self.amp_dtype = autocast_dtype(amp_dtype)
        layers: list[nn.Module] = []
        cin, cout = in_channels, base_channels
        for i in range(num_strided + 1):
            layers.append(nn.Conv2d(cin, cout, 4, 2 if i < num_strided else 1, 1))
            if i:
                layers.append(InstanceNorm(cout))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            cin, cout = cout, min(cout * 2, base_channels * 8)
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(cin, out_channels, 4, 1, 1)
        init_weights(self)

    def forward(self, pair: Tensor) -> Tensor:
        """Judges pairs (N, 3 + C, H, W) in [-1, 1]: float32 scores (N, out_channels, h, w)."""
        with torch.autocast(pair.device.type, self.amp_dtype, enabled=bool(self.amp_dtype)):
            code = self.body(pair)
        with torch.autocast(pair.device.type, enabled=False):
            return self.head(code.float())
