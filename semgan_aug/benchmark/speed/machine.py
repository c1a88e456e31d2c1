"""Timers, peak memory, and the matrix rate of the machine."""

import gc
import multiprocessing
import platform
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from torch.utils.benchmark import Measurement, Timer
from torch.utils.flop_counter import FlopCounterMode

MIB = 2**20


def hardware() -> str:
    """The device that trains, in words: the GPU, or the processor and its threads."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    info = Path('/proc/cpuinfo')
    names = [x for x in info.read_text().splitlines() if 'model name' in x] if info.exists() else []
    name = names[0].partition(':')[2].strip() if names else platform.processor()
    return f'{name}, {torch.get_num_threads()} thread(s)'


def measure(work: Callable[[], object], min_run_time: float = 0.2) -> Measurement:
    """Times repeated calls, after one call that warms up.

    Args:
        work: is called without arguments; its work on a GPU is waited for.
        min_run_time: seconds of calls at least; one call is measured in any case.

    Returns:
        A measurement, whose ``median`` is the seconds of one call.
    """
    # Timer's own default is one thread, whatever PyTorch uses.
    timer = Timer('work()', globals=dict(work=work), num_threads=torch.get_num_threads())
    return timer.blocked_autorange(min_run_time=min_run_time)


def measure_in_turn(
    works: Mapping[str, Callable[[], object]], rounds: int, min_run_time: float = 0.2
) -> dict[str, float]:
    """Median seconds of a call of each work, the works taking turns.

    Taking turns spreads a change of the machine's speed over all works.

    Args:
        works: name to work.
        rounds: turns of each work, after two calls that warm up (and compile).
        min_run_time: seconds of each turn at least.
    """
    for work in works.values():
        work(), work()
    turns: dict[str, list[Measurement]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            turns[name].append(measure(work, min_run_time))
    return {name: Measurement.merge(found)[0].median for name, found in turns.items()}


def matrix_rate(device: str, dtype: torch.dtype, size: int) -> float:
    """FLOP/s of a square matrix product: the machine's roofline, in practice."""
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    return 2 * size**3 / measure(lambda: a @ b).median


def count_flops(step: Callable[[], object]) -> int:
    """FLOPs of the convolutions and products in one step, forward and backward.

    A multiply-add counts as two.
    """
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def peak_mib(device: str, work: Callable[..., object], *args: object) -> int | None:
    """MiB that ``work(*args)`` takes at most, beyond what was in use before.

    Args:
        device: on 'cuda' the memory of tensors is measured; on 'cpu' the resident memory of a
            process that does nothing else.
        work: a function that another process can import.
        *args: its arguments, which travel to that process.

    Returns:
        None on a CPU without Linux's ``/proc``.
    """
    if device == 'cpu':
        with multiprocessing.get_context('spawn').Pool(1) as pool:
            return pool.apply(peak_resident, (work, args))
    gc.collect()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    work(*args)
    return round((torch.cuda.max_memory_allocated() - before) / MIB)


def peak_resident(work: Callable[..., object], args: tuple) -> int | None:
    """MiB by which ``work(*args)`` raises this process's resident memory; None outside Linux."""
    init_default_scope('mmseg')
    try:  # a new process starts with its parent's peak; this resets it
        Path('/proc/self/clear_refs').write_text('5')
    except OSError:
        return None
    before = _high_water_kib()
    work(*args)
    return round((_high_water_kib() - before) / 2**10)


def _high_water_kib() -> int:
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))
