"""Timers, FLOPs and peak memory."""

import time

import pytest
import torch

from semgan_aug.benchmark.speed.machine import (
    count_flops,
    hardware,
    matrix_rate,
    measure,
    measure_in_turn,
    peak_mib,
)


def test_flops_by_hand():
    conv = torch.nn.Conv2d(3, 5, 3, padding=1)
    image = torch.zeros(2, 3, 8, 8)  # needs no gradient
    forward = 2 * 2 * 8 * 8 * 5 * 3 * 9
    assert count_flops(lambda: conv(image)) == forward
    assert count_flops(lambda: conv(image).sum().backward()) == 2 * forward


def test_a_call_takes_at_least_its_sleep():
    assert measure(lambda: time.sleep(0.01), min_run_time=0.02).median >= 0.01


def test_works_take_turns():
    calls = []
    works = {name: lambda name=name: calls.append(name) or time.sleep(0.005) for name in 'ab'}
    seconds = measure_in_turn(works, rounds=2, min_run_time=1e-6)
    assert list(seconds) == ['a', 'b'] and min(seconds.values()) >= 0.005
    turns = ''.join(name for name, before in zip(calls, [None, *calls]) if name != before)
    assert turns == 'abababab'[: 2 * (1 + 2)]  # one turn warms up


def test_matrix_rate_is_one():
    assert matrix_rate('cpu', torch.float32, 16) > 0


def _fill(mib: int) -> None:
    torch.ones(mib << 18)


def test_peak_memory_of_a_tensor():
    found = peak_mib('cpu', _fill, 64)
    if found is None:
        pytest.skip("needs Linux's /proc")
    assert 60 < found < 120


def test_hardware_names_the_threads():
    if torch.cuda.is_available():
        pytest.skip('names the GPU')
    assert hardware().endswith(f'{torch.get_num_threads()} thread(s)')
