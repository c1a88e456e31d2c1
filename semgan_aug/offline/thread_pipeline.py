"""A thread pipeline: threads read and write while the caller's thread computes."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from ..core.errors import InputError

Item = TypeVar('Item')
Loaded = TypeVar('Loaded')
Made = TypeVar('Made')
Result = TypeVar('Result')


def run_thread_pipeline(
    items: Iterable[Item],
    read: Callable[[Item], Loaded],
    make: Callable[[Loaded], Made],
    write: Callable[[Made], Result],
    workers: int,
) -> Iterator[tuple[Item, Result | InputError]]:
    """Yields each item with ``write(make(read(item)))``, in order.

    ``read`` and ``write`` run in ``workers`` threads each, because image codecs release Python's
    lock. ``make`` runs in the caller's thread. At most ``4 * workers + 1`` items are in memory.

    Args:
        items: the items.
        read: loads an item. If it raises InputError, the item is yielded with this error, and the
            other items are processed.
        make: computes a result from the loaded item.
        write: stores the result.
        workers: number of threads that read, and of threads that write; 1 or more.

    Raises:
        Exception: a function raised it, except InputError in ``read``. It is raised after the
            running calls have ended.

    Example:
        >>> list(run_thread_pipeline('12', int, lambda n: 10 * n, str, workers=1))
        [('1', '10'), ('2', '20')]
    """
    depth = 2 * workers
    with ThreadPoolExecutor(workers) as readers, ThreadPoolExecutor(workers) as writers:
        coming = ((item, readers.submit(read, item)) for item in items)
        ahead = deque(islice(coming, depth))
        behind: deque[tuple[Item, Future[Result | InputError]]] = deque()
        try:
            while ahead:
                item, reading = ahead.popleft()
                ahead.extend(islice(coming, 1))
                error = reading.exception()
                writing: Future[Result | InputError] = Future()
                if isinstance(error, InputError):
                    writing.set_result(error)
                else:
                    writing = writers.submit(write, make(reading.result()))
                behind.append((item, writing))
                while behind and (len(behind) > depth or behind[0][1].done()):
                    item, written = behind.popleft()
                    yield item, written.result()
            for item, written in behind:
                yield item, written.result()
        finally:
            for _, future in (*ahead, *behind):
                future.cancel()
