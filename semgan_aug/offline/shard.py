"""Shards: the shares of the frames that several processes translate."""

from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar('Item')


@dataclass(frozen=True)
class Shard:
    """A process's share of the frames.

    Args:
        rank: number of the process, 0 ... world_size - 1.
        world_size: number of processes, 1 or more.

    Example:
        >>> Shard(rank=1, world_size=2).of(['a', 'b', 'c', 'd', 'e'])
        ['b', 'd']
    """

    rank: int = 0
    world_size: int = 1

    def of(self, items: list[Item]) -> list[Item]:
        """This process's items: every ``world_size``-th, because neighbors take similar time."""
        return items[self.rank :: self.world_size]
