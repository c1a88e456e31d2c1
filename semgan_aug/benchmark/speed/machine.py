"""Timers, FLOPs, peak memory, and the matrix rate of the machine."""

import gc
import multiprocessing
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from mmengine.registry import init_default_scope
from torch.utils.benchmark import Timer
from torch.utils.flop_counter import FlopCounterMode

#: Seconds of calls in one measurement at least; one call is measured in any case.
MIN_SECONDS = 1.0
#: Side of the matrices by device. Without matrix units for bfloat16, 2048 takes minutes.
MATRIX_SIZE = dict(cpu=1024, cuda=8192)


def hardware() -> str:
    """The device that trains, in words: the GPU, or the processor and its threads."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    info = Path('/proc/cpuinfo')
    names = [x for x in info.read_text().splitlines() if 'model name' in x] if info.exists() else []
    name = names[0].partition(':')[2].strip() if names else platform.processor()
    return f'{name}, {torch.get_num_threads()} thread(s)'


def measure(work: Callable[[], object]) -> float:
    """Median seconds of a call, after one call that warms up; work on a GPU is waited for."""
    # Timer's own default is one thread, whatever PyTorch uses.
    timer = Timer('work()', globals=dict(work=work), num_threads=torch.get_num_threads())
    return timer.blocked_autorange(min_run_time=MIN_SECONDS).median


def matrix_rate(device: str, dtype: torch.dtype) -> float:
    """FLOP/s of a square matrix product: the machine's roofline, in practice."""
    size = MATRIX_SIZE[device]
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    return 2 * size**3 / measure(lambda: a @ b)


def count_flops(step: Callable[[], object]) -> int:
    """FLOPs of the convolutions and products in one step, forward and backward.

    A multiply-add counts as two.
    """
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


class Work(NamedTuple):
    """A function whose speed is measured."""

    call: Callable[[], object]
    dtype: torch.dtype  # of its convolutions and products
    flops: int  # of one call, see :func:`count_flops`


def measure_rows(works: Mapping[str, Work], device: str, rounds: int) -> list[dict]:
    """Measures works in turn, which spreads a change of the machine's speed over all of them.

    Args:
        works: name to work.
        device: 'cpu' or 'cuda'.
        rounds: turns of each work, after two calls that warm up and compile.

    Returns:
        For each work its ``name``, ``dtype``, median ``seconds`` of a call, ``per_second``,
        ``tflop``, and ``mfu``: the share that it reaches of ``matrix_tflops``, the matrix rate of
        the dtype.
    """
    for work in works.values():
        work.call()
        work.call()
    turns = [{name: measure(work.call) for name, work in works.items()} for _ in range(rounds)]
    rates = {dtype: matrix_rate(device, dtype) for dtype in {w.dtype for w in works.values()}}
    rows = []
    for name, work in works.items():
        seconds, rate = median(turn[name] for turn in turns), rates[work.dtype]
        rows.append(
            dict(
                name=name,
                dtype=str(work.dtype).removeprefix('torch.'),
                seconds=round(seconds, 5),
                per_second=round(1 / seconds, 3),
                tflop=round(work.flops / 1e12, 4),
                matrix_tflops=round(rate / 1e12, 3),
                mfu=round(work.flops / rate / seconds, 3),
            )
        )
    return rows


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
    return round((torch.cuda.max_memory_allocated() - before) / 2**20)


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
