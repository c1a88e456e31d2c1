"""A number that travels in checkpoints and is read without waiting for a GPU."""

import torch
from torch import nn


class CpuCounter(nn.Module):
    """A module with a buffer ``count`` (int64, 0 at first) that stays on the host for good."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('count', torch.zeros((), dtype=torch.long))

    def _apply(self, fn, recurse: bool = True) -> nn.Module:
        count = self.count
        super()._apply(fn, recurse)
        self.count = count
        return self
