"""A counter that is saved in checkpoints and can be read without a wait for the GPU."""

from collections.abc import Callable

import torch
from torch import nn


class CpuCounter(nn.Module):
    """A module with a buffer ``count`` (int64, initially 0) that stays on the CPU."""

    count: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('count', torch.zeros((), dtype=torch.long))

    def _apply(self, fn: Callable, recurse: bool = True) -> nn.Module:
        count = self.count
        super()._apply(fn, recurse)
        self.count = count
        return self
