"""A running mean of a network's weights (EMA)."""

from copy import deepcopy

import torch
from torch import Tensor, nn

from .cpu_counter import CpuCounter


class ExponentialMovingAverage(CpuCounter):
    """Exponential moving average of a network's weights; calling it calls the averaged network.

    ``mean = d * mean + (1 - d) * weights`` after each update, with d = ``decay``, but at most
    (1 + n) / (10 + n) after n updates, so that the random weights of the beginning are forgotten
    in a short training, too. PyTorch's AveragedModel does the same without that, and reads its
    count from the device in every update.

    Args:
        network: whose weights.
        decay: 0 ... 1, without 1; the model checks it.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.module = deepcopy(network).requires_grad_(False)

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Takes the network's present weights into the mean."""
        n = int(self.count)
        decay = min(self.decay, (1 + n) / (10 + n))
        means, weights = list(self.module.parameters()), list(network.parameters())
        torch._foreach_lerp_(means, weights, 1 - decay)
        self.count += 1

    def forward(self, *args) -> Tensor | tuple[Tensor, ...]:
        return self.module(*args)
