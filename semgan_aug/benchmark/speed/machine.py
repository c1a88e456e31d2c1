"""Clocks, and what a machine could do at best."""

import time
from collections.abc import Callable
from statistics import median

import torch
from torch.utils.flop_counter import FlopCounterMode


def synchronize(device: str) -> None:
    """Waits until the device has done what it was given."""
    if device == 'cuda':
        torch.cuda.synchronize()


def seconds(work: Callable[[], object], device: str = 'cpu') -> float:
    """Wall time of one call, the device's queue included."""
    synchronize(device)
    start = time.perf_counter()
    work()
    synchronize(device)
    return time.perf_counter() - start


def matrix_rate(device: str, dtype: torch.dtype, size: int | None = None) -> float:
    """FLOP/s of a square matrix product: median of seven after two to warm up."""
    size = size or (8192 if device == 'cuda' else 2048)
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    times = [seconds(lambda: a @ b, device) for _ in range(9)][2:]
    return 2 * size**3 / median(times)


def count_flops(step: Callable[[], object]) -> int:
    """Multiply-adds of convolutions and products, twice, forward and backward, in one step."""
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()
