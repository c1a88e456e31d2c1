"""Timers, FLOPs and peak memory."""

import time

import pytest
import torch

from semgan_aug.benchmark.speed import machine
from semgan_aug.benchmark.speed.machine import (
    Work,
    count_flops,
    hardware,
    measure,
    measure_rows,
    peak_mib,
)


def test_flops_by_hand():
    conv = torch.nn.Conv2d(3, 5, 3, padding=1)
    image = torch.zeros(2, 3, 8, 8)  # needs no gradient
    forward = 2 * 2 * 8 * 8 * 5 * 3 * 9
    assert count_flops(lambda: conv(image)) == forward
    assert count_flops(lambda: conv(image).sum().backward()) == 2 * forward


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(machine, 'MIN_SECONDS', 1e-6)
    monkeypatch.setitem(machine.MATRIX_SIZE, 'cpu', 16)


def test_a_call_takes_at_least_its_sleep(quick):
    assert measure(lambda: time.sleep(0.01)) >= 0.01


def test_works_take_turns(quick):
    calls = []
    works = {
        name: Work(lambda name=name: calls.append(name) or time.sleep(0.005), torch.float32, 0)
        for name in 'ab'
    }
    rows = measure_rows(works, 'cpu', rounds=2)
    assert [row['name'] for row in rows] == ['a', 'b']
    assert min(row['seconds'] for row in rows) >= 0.005
    turns = ''.join(name for name, before in zip(calls, [None, *calls]) if name != before)
    assert turns == 'abababab'[: 2 * (1 + 2)]  # one turn warms up


def test_mfu_is_the_share_of_the_matrix_rate(monkeypatch):
    """Half a GFLOP in two seconds, at a rate of 1 GFLOP/s, or of 2 in bfloat16."""
    rates = {torch.float32: 1e9, torch.bfloat16: 2e9}
    monkeypatch.setattr(machine, 'matrix_rate', lambda device, dtype: rates[dtype])
    monkeypatch.setattr(machine, 'measure', lambda call: 2.0)
    works = {str(dtype): Work(lambda: None, dtype, 5 * 10**8) for dtype in rates}
    rows = measure_rows(works, 'cpu', rounds=1)
    assert [row['mfu'] for row in rows] == [0.25, 0.125]
    assert rows[1] == dict(
        name='torch.bfloat16',
        dtype='bfloat16',
        seconds=2.0,
        per_second=0.5,
        tflop=0.0005,
        matrix_tflops=0.002,
        mfu=0.125,
    )


def test_matrix_rate_is_one(quick):
    assert machine.matrix_rate('cpu', torch.float32) > 0


def _fill(mib: int) -> None:
    torch.ones(mib << 18)


@pytest.mark.slow
def test_peak_memory_of_a_tensor():
    found = peak_mib('cpu', _fill, 64)
    if found is None:
        pytest.skip("needs Linux's /proc")
    assert 60 < found < 120


def test_hardware_names_the_threads():
    if torch.cuda.is_available():
        pytest.skip('names the GPU')
    assert hardware().endswith(f'{torch.get_num_threads()} thread(s)')
