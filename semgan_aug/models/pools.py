"""Pools of earlier fakes, from which the discriminators' batches are drawn."""

import random

import torch
from torch import Tensor

from ..core.classes import IGNORE
from ..core.encoding import encode_ids


class PairPool:
    """Returns for each fake either the fake itself or an older one (CycleGAN's pool of 50 images).

    The pool holds *pairs*, so that an older image keeps its own class map. Until the pool is full,
    each fake is stored and returned. Then each fake is returned with probability 1/2. Otherwise it
    replaces a random pair of the pool, and that older pair is returned.

    Args:
        size: number of pairs; 0 turns the pool off.

    Example:
        >>> pool = PairPool(size=2)
        >>> pool.query(torch.zeros(1, 3 + 10, 8, 8)).shape
        torch.Size([1, 13, 8, 8])
        >>> len(pool.pairs)
        1
    """

    def __init__(self, size: int = 50) -> None:
        self.size = size
        self.pairs: list[Tensor] = []

    @torch.no_grad()
    def query(self, pairs: Tensor) -> Tensor:
        """Stores new fakes and returns as many pairs, new or older.

        Args:
            pairs: new fakes (N, 3 + C, H, W), detached.

        Returns:
            (N, 3 + C, H, W).
        """
        if self.size == 0:
            return pairs
        chosen = []
        for pair in pairs:
            if len(self.pairs) < self.size:
                self.pairs.append(pair.clone())
            elif random.random() < 0.5:
                i = random.randrange(self.size)
                pair, self.pairs[i] = self.pairs[i].to(pair.device), pair.clone()
            chosen.append(pair)
        return torch.stack(chosen)

    def state_dict(self) -> list[tuple[Tensor, Tensor]]:
        """Returns the pairs on the CPU, bit for bit; hard class channels are stored as ids."""
        return [_pack(pair.cpu()) for pair in self.pairs]

    @staticmethod
    def merge(states: list[list]) -> list:
        """Merges the states of all ranks; the ranks take turns in the order of the result."""
        longest = max(map(len, states), default=0)
        return [state[i] for i in range(longest) for state in states if i < len(state)]

    def load_state_dict(self, state: list, rank: int = 0, world_size: int = 1) -> None:
        """Loads this rank's share of a merged state, at most ``size`` pairs."""
        self.pairs = [_unpack(*packed) for packed in state[rank::world_size][: self.size]]


def _pack(pair: Tensor) -> tuple[Tensor, Tensor]:
    """Splits a pair (3 + C, H, W) into image and ids, or image and channels if these are soft."""
    image, channels = pair[:3].clone(), pair[3:]
    if not len(channels):  # images alone
        return image, channels.clone()
    best = channels.max(0)
    ids = best.indices.to(torch.uint8).masked_fill(best.values < 0, IGNORE)
    # The last entry is the number of channels.
    packed = torch.cat([ids.flatten(), torch.tensor([len(channels)], dtype=torch.uint8)])
    exact = len(channels) <= IGNORE and torch.equal(
        encode_ids(ids[None], len(channels))[0], channels
    )
    return image, packed if exact else channels.clone()


def _unpack(image: Tensor, packed: Tensor) -> Tensor:
    if packed.dtype == torch.uint8:
        ids, num_classes = packed[:-1].view(image.shape[1:]), int(packed[-1])
        packed = encode_ids(ids[None], num_classes)[0]
    return torch.cat([image, packed])
