"""translate_dataset that was killed, that goes on, and that several processes share."""

import multiprocessing
import os
import signal
import time

import cv2
import numpy as np
import pytest
import torch
from offline_data import Inverter, manifest, snapshot, translate, write_gta5

from semgan_aug.core.classes import CITYSCAPES19
from semgan_aug.offline import Shard


def slowly(src, dst, seconds=0.02, shard=None):
    torch.set_num_threads(1)
    translate(src, dst, Inverter(CITYSCAPES19.classes, seconds), shard=shard)


def fork(*args, **kwargs):
    context = multiprocessing.get_context('fork')
    process = context.Process(target=slowly, args=args, kwargs=kwargs, daemon=True)
    process.start()
    return process


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path):
    (tmp_path / 'gta5').mkdir()
    gta5 = write_gta5(tmp_path / 'gta5', 40)
    slowly(gta5, tmp_path / 'undisturbed', 0)
    dst, rng = tmp_path / 'dst', np.random.default_rng(0)
    for _ in range(8):
        files = list(dst.rglob('*.png'))
        process = fork(gta5, dst)
        more, limit = rng.integers(1, 8), time.monotonic() + 120
        while len(list(dst.rglob('*.png'))) < len(files) + more:
            assert process.is_alive() and time.monotonic() < limit
            time.sleep(0.001)
        time.sleep(0.02 * rng.random())
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL and not (dst / 'manifest.json').exists()
        assert all(cv2.imread(str(path)) is not None for path in dst.rglob('*.png'))
    slowly(gta5, dst, 0)
    assert snapshot(dst) == snapshot(tmp_path / 'undisturbed')


def test_what_is_done_is_not_done_again(gta5, tmp_path):
    dst = tmp_path / 'dst'
    translate(gta5, dst)
    before = {p: p.stat().st_mtime_ns for p in dst.rglob('*.png')}
    (dst / 'labels/00004.png').unlink()
    # A line that was cut, a frame that was begun, half a file of a process that was killed.
    part = next((dst / 'manifest.parts').glob('rank0-*.jsonl'))
    lines = [line for line in part.read_text().splitlines() if '00002' not in line]
    part.write_text('\n'.join([*lines, '{"begin": "images/00002.png"}', '{"name": "ima']))
    half = dst / 'images/.00002.png.7-0123abcd.part'
    half.write_bytes(b'half')
    os.utime(half, (1, 1))
    translate(gta5, dst)
    after = {p: p.stat().st_mtime_ns for p in dst.rglob('*.png')}
    assert {p.stem for p in before if before[p] != after[p]} == {'00002', '00004'}
    assert not half.exists() and len(manifest(dst)['frames']) == 6


@pytest.mark.slow
def test_two_ranks_at_once_and_one_after_the_other(gta5, tmp_path):
    bad = gta5 / 'images/00002.png'
    bad.write_bytes(bad.read_bytes()[:40])
    translate(gta5, tmp_path / 'one')
    expected = snapshot(tmp_path / 'one')
    assert 'images/00002.png' not in expected and len(manifest(tmp_path / 'one')['frames']) == 5
    for order in ([0, 1], [1, 0]):
        dst = tmp_path / f'after{order[0]}'
        assert translate(gta5, dst, shard=Shard(order[0], 2)).pending == 3
        assert not (dst / 'manifest.json').exists()
        assert translate(gta5, dst, shard=Shard(order[1], 2)).pending == 0
        assert snapshot(dst) == expected
    for attempt in range(4):
        dst = tmp_path / f'at_once{attempt}'
        ranks = [fork(gta5, dst, 0.01, Shard(r, 3)) for r in range(3)]
        for rank in ranks:
            rank.join(120)
        assert [r.exitcode for r in ranks] == [0] * 3
        assert snapshot(dst) == expected


@pytest.mark.slow
def test_another_number_of_ranks_goes_on(gta5, tmp_path):
    translate(gta5, tmp_path / 'one')
    dst = tmp_path / 'dst'
    assert translate(gta5, dst, shard=Shard(1, 3)).pending == 4
    first = {p: p.stat().st_mtime_ns for p in dst.rglob('*.png')}
    assert translate(gta5, dst, shard=Shard(1, 2)).pending == 2  # 2 was done, 4 and 6 were not
    assert translate(gta5, dst).pending == 0
    assert {p: p.stat().st_mtime_ns for p in first} == first
    assert snapshot(dst) == snapshot(tmp_path / 'one')
