"""Mean and variance of a feature map, added up over its strips."""

import torch
from torch import Tensor


class StripStatistics:
    """Mean and biased variance of each channel of a map, added up over its strips in float64.

    Each strip is described by its mean and its sum of squared deviations, and these are merged
    (Chan, Golub, LeVeque 1979). Plain sums of squares would lose all digits if the mean is large.
    """

    def __init__(self) -> None:
        self._pixels = 0
        self._mean = torch.zeros(())  # (1, channels) after the first strip, like the squares
        self._squares = torch.zeros(())

    def add(self, strip: Tensor) -> None:
        """Includes a strip (1, channels, rows, width) in the statistics."""
        # Deviations refer to a value near the mean, so that the mean of a constant map is exact.
        pivot = self._mean if self._pixels else strip[:, :, 0, 0].double()
        near = pivot.to(torch.promote_types(strip.dtype, torch.float32))
        apart = strip - near.view(1, -1, 1, 1)
        shift = apart.mean((2, 3), keepdim=True)
        # On a CPU, torch.var_mean takes five times as long.
        squares = apart.sub_(shift).square_().sum((2, 3)).double()
        mean = near.double() + shift.flatten(1).double()
        if not self._pixels:
            self._mean, self._squares = mean, torch.zeros_like(mean)
        pixels = strip.shape[2] * strip.shape[3]
        delta, total = mean - self._mean, self._pixels + pixels
        self._mean = self._mean + delta * (pixels / total)
        self._squares += squares + delta**2 * (self._pixels * pixels / total)
        self._pixels = total

    def of_groups(self, groups: int) -> tuple[Tensor, Tensor]:
        """Mean and variance of each channel's group, (channels,) each, for a number of groups."""
        mean, var = (v.view(groups, -1) for v in (self._mean, self._squares / self._pixels))
        whole = mean.mean(1, keepdim=True)
        var = (var + (mean - whole) ** 2).mean(1, keepdim=True)
        return whole.expand_as(mean).flatten(), var.expand_as(mean).flatten()
