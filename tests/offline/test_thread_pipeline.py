"""Reading, computing and writing at once: in order, with little in memory, errors passed on."""

import time
from threading import Event

import pytest

from semgan_aug.core.errors import InputError
from semgan_aug.offline.thread_pipeline import run_thread_pipeline


def test_thread_pipeline_keeps_order_and_little_in_memory():
    alive, most = set(), []

    def read(i):
        alive.add(i)
        most.append(len(alive))
        time.sleep(0.002 * (i % 3))
        return i

    def write(i):
        time.sleep(0.002 * (i % 2))
        return i * 2

    results = []
    for item, result in run_thread_pipeline(range(60), read, lambda i: i, write, workers=2):
        alive.remove(item)
        results.append((item, result))
    assert results == [(i, 2 * i) for i in range(60)] and max(most) <= 4 * 2 + 2


@pytest.mark.parametrize('stage', range(3))
def test_thread_pipeline_passes_errors_on(stage):
    def fail(i):
        if i == 3:
            raise OSError('here')
        return i

    stages = [lambda i: i] * 3
    stages[stage] = fail
    with pytest.raises(OSError, match='here'):
        list(run_thread_pipeline(range(30), *stages, workers=2))


def test_disk_and_network_work_at_once():
    """The network has a frame while the next is read and the one before is written."""
    last = 14
    reading, making = ([Event() for _ in range(last + 1)] for _ in range(2))

    def read(i):
        reading[i].set()
        return i

    def make(i):
        making[i].set()
        assert i == last or reading[i + 1].wait(60)
        return i

    def write(i):
        assert i == last or making[i + 1].wait(60)
        return i

    assert len(list(run_thread_pipeline(range(last + 1), read, make, write, workers=1))) == 15


def test_items_that_cannot_be_read_keep_their_place():
    """Bad input of ``read`` is a result; of the other stages, it ends the work."""

    def fail(i):
        if i % 3 == 1:
            raise InputError(f'{i} is broken')
        return i

    def same(i):
        return i

    results = list(run_thread_pipeline(range(20), fail, same, same, workers=2))
    assert [item for item, _ in results] == list(range(20))
    for i, result in results:
        assert str(result) == (f'{i} is broken' if i % 3 == 1 else str(i))
        assert isinstance(result, InputError) == (i % 3 == 1)
    for stages in ((same, fail, same), (same, same, fail)):
        with pytest.raises(InputError, match='1 is broken'):
            list(run_thread_pipeline(range(20), *stages, workers=2))
