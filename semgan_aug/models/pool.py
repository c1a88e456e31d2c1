"""The pool of earlier fakes that discriminators are trained on."""

import torch
from torch import Tensor


class PairPool:
    """Returns for each fake either itself or an older one (CycleGAN, 50 images).

    Holds *pairs*: an image drawn from the pool always comes with its own class map. While the
    pool fills, fakes pass through; then each passes with probability 1/2, else it is swapped with
    a random pooled one.

    Args:
        size: pairs held; 0 turns the pool off.
    """

    def __init__(self, size: int = 50):
        self.size = size
        self.pairs: list[Tensor] = []

    @torch.no_grad()
    def query(self, pairs: Tensor) -> Tensor:
        """Fake pairs (N, 3 + C, H, W), detached, to as many pairs of the same shape."""
        if self.size == 0:
            return pairs
        chosen = []
        for pair in pairs:
            if len(self.pairs) < self.size:
                self.pairs.append(pair.clone())
            elif torch.rand(()) < 0.5:
                i = int(torch.randint(self.size, ()))
                pair, self.pairs[i] = self.pairs[i], pair.clone()
            chosen.append(pair)
        return torch.stack(chosen)
