"""The exponential moving average (EMA) of a network's weights."""

from copy import deepcopy

import torch
from torch import Tensor, nn

from .cpu_counter import CpuCounter


class ExponentialMovingAverage(CpuCounter):
    """A copy of a network that holds the average of its weights; a call runs the copy.

    Each update sets ``mean = d * mean + (1 - d) * weights``. d is ``decay``, but at most
    (1 + n) / (10 + n) after n updates. With this limit, the random initial weights vanish from the
    average even in a short training. PyTorch's AveragedModel has no such limit and reads its count
    from the device in each update. mmengine's averages one parameter at a time.

    Args:
        network: the network to average.
        decay: at least 0 and below 1; the model checks it.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.module = deepcopy(network).requires_grad_(False)

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Includes the network's current weights in the average."""
        n = int(self.count)
        decay = min(self.decay, (1 + n) / (10 + n))
        means: list[Tensor] = list(self.module.parameters())
        weights: list[Tensor] = list(network.parameters())
        torch._foreach_lerp_(means, weights, 1 - decay)  # pyright: ignore[reportPrivateImportUsage]
        self.count += 1

    def forward(self, *args) -> Tensor | tuple[Tensor, ...]:
        return self.module(*args)
