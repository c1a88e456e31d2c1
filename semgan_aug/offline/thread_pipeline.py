"""Disk and network at work at once, in one process or in many."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

Item, Read, Made, Result = (TypeVar(name) for name in ('Item', 'Read', 'Made', 'Result'))


@dataclass(frozen=True)
class Shard:
    """Which of several processes this one is.

    Args:
        rank: 0 ... world_size - 1.
        world_size: 1 or more.
    """

    rank: int = 0
    world_size: int = 1

    def of(self, items: list) -> list:
        """This process's share: neighbors cost about the same, so every world_size-th."""
        return items[self.rank :: self.world_size]


def run_thread_pipeline(
    items: Iterable[Item],
    read: Callable[[Item], Read],
    make: Callable[[Read], Made],
    write: Callable[[Made], Result],
    workers: int,
) -> Iterator[Result]:
    """Yields ``write(make(read(item)))`` of each item, in order.

    Reading goes ahead and writing follows in ``workers`` threads each (image codecs leave Python's
    lock); ``make`` runs in the caller's thread alone. At most ``4 * workers + 1`` items are in
    memory. What a function raises comes through, after what has been begun has ended.
    """
    depth = 2 * workers
    with ThreadPoolExecutor(workers) as readers, ThreadPoolExecutor(workers) as writers:
        coming = (readers.submit(read, item) for item in items)
        ahead, behind = deque(islice(coming, depth)), deque()
        try:
            while ahead:
                item = ahead.popleft().result()
                ahead.extend(islice(coming, 1))
                behind.append(writers.submit(write, make(item)))
                while behind and (len(behind) > depth or behind[0].done()):
                    yield behind.popleft().result()
            while behind:
                yield behind.popleft().result()
        finally:
            for future in (*ahead, *behind):
                future.cancel()
