"""The files of MiniStreets: drawn once, also by several processes at a time."""

import multiprocessing
import os

import numpy as np
import pytest

from semgan_aug.core.classes import MINISTREETS
from semgan_aug.core.errors import InputError
from semgan_aug.datasets.ministreets.dataset import MiniStreetsDataset
from semgan_aug.datasets.ministreets.frame import draw_frame


def _files(root) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob('*') if p.is_file()}


def _build(root, **kwargs) -> MiniStreetsDataset:
    return MiniStreetsDataset(
        **{'domain': 'game', 'num_frames': 4, 'size': (32, 48), 'data_root': str(root)} | kwargs
    )


def _build_in_process(root, barrier) -> None:
    barrier.wait(timeout=60)
    _build(root, num_frames=12)


def test_stock_pipeline_reads_the_frames(tmp_path):
    pipeline = [{'type': 'LoadImageFromFile'}, {'type': 'LoadAnnotations'}]
    dataset = _build(tmp_path, first=10, pipeline=pipeline)
    assert len(dataset) == 4
    assert dataset.metainfo['classes'] == MINISTREETS.classes
    image, labels = draw_frame('game', 12, size=(32, 48))
    np.testing.assert_array_equal(dataset[2]['img'], image)
    np.testing.assert_array_equal(dataset[2]['gt_seg_map'], labels)


def test_existing_files_survive_and_missing_ones_are_drawn(tmp_path):
    _build(tmp_path)
    before = _files(tmp_path)
    assert sorted(before) == [
        f'game-v1-seed0-32x48/{kind}/{index:06d}.png'
        for kind in ('images', 'labels')
        for index in range(4)
    ]
    times = {name: os.stat(tmp_path / name).st_mtime_ns for name in before}
    _build(tmp_path)
    assert {name: os.stat(tmp_path / name).st_mtime_ns for name in before} == times
    for name in ('images/000001.png', 'labels/000002.png', 'images/000003.png'):
        (tmp_path / 'game-v1-seed0-32x48' / name).unlink()
    (tmp_path / 'game-v1-seed0-32x48/labels/000003.png').unlink()
    _build(tmp_path)
    assert _files(tmp_path) == before


@pytest.mark.slow
def test_two_processes_at_once(tmp_path):
    context = multiprocessing.get_context('spawn')
    barrier = context.Barrier(2)
    workers = [
        context.Process(target=_build_in_process, args=(tmp_path / 'shared', barrier))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    _build(tmp_path / 'alone', num_frames=12)
    assert _files(tmp_path / 'shared') == _files(tmp_path / 'alone')


@pytest.mark.parametrize(
    'wrong',
    [
        {'domain': 'moon'},
        {'num_frames': 0},
        {'num_frames': 2.5},
        {'first': -1},
        {'seed': -1},
        {'size': (32,)},
        {'size': (8, 48)},
    ],
)
def test_dataset_refuses(tmp_path, wrong):
    (name, value), *_ = wrong.items()
    with pytest.raises(InputError, match=f'MiniStreetsDataset: {name} is .* is allowed'):
        _build(tmp_path, **wrong)
    assert not list(tmp_path.iterdir())
