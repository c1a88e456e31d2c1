"""MiniStreets: frames are reproducible, their class maps exact, their files safe to share."""

import multiprocessing
import os

import cv2
import numpy as np
import pytest

from semgan_aug.core.classes import MINISTREETS
from semgan_aug.datasets.ministreets.dataset import MiniStreetsDataset
from semgan_aug.datasets.ministreets.frame import DOMAINS, draw_frame


def _files(root) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob('*') if p.is_file()}


def _build(root, **kwargs) -> MiniStreetsDataset:
    return MiniStreetsDataset(
        **{'domain': 'game', 'num_frames': 4, 'size': (32, 48), 'data_root': str(root)} | kwargs
    )


def _build_in_process(root, barrier) -> None:
    barrier.wait(timeout=60)
    _build(root, num_frames=12)


@pytest.mark.parametrize('domain', DOMAINS)
def test_same_arguments_give_same_frame(domain):
    first = draw_frame(domain, 7, seed=3)
    draw_frame(domain, 8, seed=3)
    second = draw_frame(domain, 7, seed=3)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_index_seed_and_domain_change_the_frame():
    labels = [
        draw_frame(domain, index, seed)[1]
        for domain, index, seed in (
            ('game', 0, 0),
            ('game', 1, 0),
            ('game', 0, 1),
            ('camera', 0, 0),
        )
    ]
    for k, one in enumerate(labels):
        for other in labels[k + 1 :]:
            assert (one != other).mean() > 0.05


@pytest.mark.parametrize('domain', DOMAINS)
def test_every_class_occurs_and_types_are_right(domain):
    pixels = np.zeros(MINISTREETS.num_classes, int)
    frames_with = np.zeros(MINISTREETS.num_classes, int)
    for index in range(50):
        image, labels = draw_frame(domain, index)
        assert image.shape == (96, 160, 3) and image.dtype == np.uint8
        assert labels.shape == (96, 160) and labels.dtype == np.uint8
        counts = np.bincount(labels.ravel(), minlength=MINISTREETS.num_classes)
        assert len(counts) == MINISTREETS.num_classes
        pixels += counts
        frames_with += counts > 0
    assert (frames_with >= 10).all(), frames_with
    assert (pixels >= 0.002 * pixels.sum()).all(), pixels


def test_labels_fit_the_image_to_the_pixel():
    """In the game the sky is bluer or whiter than what it borders on, right up to the border."""
    hits = total = 0
    for index in range(20):
        image, labels = draw_frame('game', index)
        sky = labels == MINISTREETS.classes.index('sky')
        inner = cv2.erode(sky.astype(np.uint8), np.ones((3, 3))).astype(bool)
        edge = sky & ~inner
        # Sky pixels on the border look like the sky inside: their nearest inner pixel in the
        # same row differs by no more than the gradient and the clouds do.
        for row in np.unique(np.nonzero(edge)[0]):
            inside = np.nonzero(inner[row])[0]
            if not len(inside):
                continue
            columns = np.nonzero(edge[row])[0]
            nearest = inside[np.abs(columns[:, None] - inside[None]).argmin(1)]
            close = np.abs(columns - nearest) <= 2
            gap = np.abs(
                image[row, columns[close]].astype(int) - image[row, nearest[close]].astype(int)
            )
            hits += (gap.max(1) < 60).sum()
            total += close.sum()
    assert total > 500
    assert hits / total > 0.97


@pytest.mark.parametrize('domain', DOMAINS)
@pytest.mark.parametrize('size', [(16, 16), (33, 57), (97, 161), (120, 40), (256, 448)])
def test_odd_sizes(domain, size):
    for index in range(3):
        image, labels = draw_frame(domain, index, size=size)
        assert image.shape == (*size, 3) and labels.shape == size
        assert labels.max() < MINISTREETS.num_classes


def test_a_larger_frame_shows_the_same_street():
    small, large = draw_frame('camera', 5)[1], draw_frame('camera', 5, size=(192, 320))[1]
    assert (large[::2, ::2] == small).mean() > 0.9


@pytest.mark.parametrize(
    'arguments', [('moon', 0), ('game', -1), ('game', 0, -1), ('game', 0, 0, (8, 160))]
)
def test_draw_frame_refuses(arguments):
    with pytest.raises(ValueError, match=r'choose|pass'):
        draw_frame(*arguments)


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
    with pytest.raises(ValueError, match=name) as caught:
        _build(tmp_path, **wrong)
    assert 'give' in str(caught.value) or 'choose' in str(caught.value)
    assert not list(tmp_path.iterdir())
