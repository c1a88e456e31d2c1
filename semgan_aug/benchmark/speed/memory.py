"""What a piece of work needs in memory at most."""

import gc
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.registry import init_default_scope


def peak_mib(device: str, work: Callable[..., object], *args: object) -> int | None:
    """MiB that ``work(*args)`` takes at most, beyond what was there before.

    On a CPU: resident memory of a process that does nothing else, so ``work`` must be importable
    (Linux; None elsewhere). On a GPU: memory of tensors.
    """
    if device == 'cpu':
        with multiprocessing.get_context('spawn').Pool(1) as pool:
            return pool.apply(peak_resident, (work, args))
    gc.collect()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    work(*args)
    return round((torch.cuda.max_memory_allocated() - before) / 2**20)


def peak_resident(work: Callable[..., object], args: tuple) -> int | None:
    """MiB by which ``work(*args)`` raises this process's peak; None but on Linux.

    The peak begins anew: a child process is born with that of its parent.
    """
    init_default_scope('mmseg')
    try:
        Path('/proc/self/clear_refs').write_text('5')
    except OSError:  # no Linux
        return None
    before = _high_water_kib()
    work(*args)
    return round((_high_water_kib() - before) / 2**10)


def _high_water_kib() -> int:
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))
