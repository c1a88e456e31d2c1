"""Transforms that take the look of a random target frame: Lab, class-wise Lab, histogram, FDA."""

import pickle

import cv2
import numpy as np
import pytest
import tiny
from mmengine.config import Config
from mmseg.registry import TRANSFORMS

from semgan_aug.transforms import (
    FDA,
    ClassColorTransfer,
    HistogramMatching,
    LabColorTransfer,
    lab_color_transfer,
)
from semgan_aug.transforms.histogram_matching import cumulative_histogram
from semgan_aug.transforms.lab_color_transfer import match_lab

KINDS = ['LabColorTransfer', 'ClassColorTransfer', 'HistogramMatching', 'FDA']
LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


def target_frames(root, images, ids=None):
    """Frames and labels on disk, as the config of a dataset that loads both."""
    if ids is None:
        ids = [np.zeros(image.shape[:2], np.uint8) for image in images]
    tiny.write_frames(root, ids)
    for i, image in enumerate(images):
        cv2.imwrite(str(root / 'images' / f'{i}.png'), image)
    return tiny.folder_dataset(root, pipeline=LOAD)


def sample(image, ids=None):
    ids = np.zeros(image.shape[:2], np.uint8) if ids is None else ids
    return dict(img=image, gt_seg_map=ids, img_path='b.png', seg_map_path='b-ids.png')


def random_image(seed, size=(24, 36), low=0, high=256):
    rng = np.random.default_rng(seed)
    return rng.integers(low, high, (*size, 3)).astype(np.uint8)


# All of them


@pytest.mark.parametrize('kind', KINDS)
def test_goes_into_a_config_and_takes_a_dataset(tmp_path, kind):
    target = target_frames(tmp_path, [random_image(0), random_image(1)])
    Config(dict(step=dict(type=kind, target=target))).dump(tmp_path / 'cfg.py')
    step = TRANSFORMS.build(Config.fromfile(tmp_path / 'cfg.py').step)
    assert len(step.frames) == 2 and str(tmp_path) in repr(step)
    results = sample(random_image(2, (17, 23)))
    ids = results['gt_seg_map']
    copy = pickle.loads(pickle.dumps(step))
    found = []
    for one in (step, copy):
        np.random.seed(0)
        found.append(one(dict(results))['img'])
    assert np.array_equal(*found)
    assert found[0].dtype == np.uint8 and found[0].shape == (17, 23, 3)
    assert not np.array_equal(found[0], results['img'])
    assert results['gt_seg_map'] is ids and not ids.any()
    assert np.array_equal(results['img'], random_image(2, (17, 23)))  # not changed in place


@pytest.mark.parametrize('kind', KINDS)
def test_draws_its_target_frame(tmp_path, kind):
    frames = [np.full((8, 8, 3), value, np.uint8) for value in (40, 200)]
    step = TRANSFORMS.build(dict(type=kind, target=target_frames(tmp_path, frames)))
    np.random.seed(0)
    image = random_image(3, (8, 8), 90, 110)
    means = [step(sample(image))['img'].mean() for _ in range(12)]
    assert {int(np.abs(np.array([40, 200]) - mean).argmin()) for mean in means} == {0, 1}
    assert all(min(abs(mean - 40), abs(mean - 200)) < 2 for mean in means)


@pytest.mark.parametrize('kind', KINDS)
def test_own_look_changes_nothing(tmp_path, kind):
    """But for rounding: the target is the image itself."""
    image = cv2.GaussianBlur(random_image(4), (0, 0), 2)
    ids = np.arange(24 * 36).reshape(24, 36).astype(np.uint8) % 3
    step = TRANSFORMS.build(dict(type=kind, target=target_frames(tmp_path, [image], [ids])))
    assert np.abs(step(sample(image, ids))['img'].astype(int) - image).max() <= 1


@pytest.mark.parametrize('kind', [kind for kind in KINDS if kind != 'ClassColorTransfer'])
def test_takes_a_folder(tmp_path, kind):
    cv2.imwrite(str(tmp_path / 'a.PNG'), random_image(0))
    (tmp_path / 'notes.txt').write_text('no frame')
    assert len(TRANSFORMS.build(dict(type=kind, target=str(tmp_path))).frames) == 1


@pytest.mark.parametrize('kind', [kind for kind in KINDS if kind != 'ClassColorTransfer'])
def test_an_empty_folder(tmp_path, kind):
    with pytest.raises(ValueError, match=f'{kind} found no frames') as error:
        TRANSFORMS.build(dict(type=kind, target=str(tmp_path)))
    assert str(tmp_path) in str(error.value)
    tiny.assert_one_sentence(str(error.value))


def test_names_a_frame_that_cannot_be_read(tmp_path):
    (tmp_path / 'a.PNG').write_bytes(b'no image')
    with pytest.raises(ValueError, match='a.PNG is no image that can be read') as error:
        LabColorTransfer(str(tmp_path))(sample(random_image(0)))
    tiny.assert_one_sentence(str(error.value))


@pytest.mark.parametrize('image', [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_wants_bytes(tmp_path, image):
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match='the image of b.png is .*BGR uint8.*put FDA') as error:
        FDA(str(tmp_path))(sample(image))
    tiny.assert_one_sentence(str(error.value))


# Lab


def lab(image):
    return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_BGR2Lab).reshape(-1, 3)


def test_lab_by_hand():
    """Gray has a = b = 0 and L = 116 (Y)^(1/3) - 16; two grays, so the rest is arithmetic."""
    gray = np.array([[[50] * 3, [150] * 3]], np.uint8)
    light = lab(gray)[:, 0]
    # sRGB 50/255 is Y = 0.03190, 150/255 is Y = 0.30499.
    assert light == pytest.approx([20.79, 62.07], abs=0.1)  # OpenCV uses tables
    # Mean 41.43 and deviation 20.64 become 50 and 10: (L - 41.43) / 20.64 * 10 + 50 = 40, 60.
    moved = match_lab(gray, np.array([50.0, 0, 0]), np.array([10.0, 0, 0]))
    assert lab(moved)[:, 0] == pytest.approx([40, 60], abs=0.3)
    # L = 40 is Y = (56/116)^3 = 0.11251, sRGB 94.2; L = 60 is Y = 0.28123, sRGB 144.6.
    assert moved[0, :, 0].tolist() == pytest.approx([94, 145], abs=1)


def test_lab_statistics_of_a_large_frame_are_those_of_a_small_one():
    """Two million pixels, added up in float32, would be whole gray levels away."""
    rows = np.full((2, 1914, 3), 230, np.uint8)
    rows[1] = 250
    large = lab_color_transfer._mean_std(lab_color_transfer._to_lab(np.tile(rows, (526, 1, 1))))
    small = lab_color_transfer._mean_std(lab_color_transfer._to_lab(rows[:, :1]))
    assert np.allclose(large, small, atol=1e-4)


def test_lab_statistics_of_a_color_frame(tmp_path):
    rng = np.random.default_rng(0)
    source = rng.integers(90, 150, (20, 20, 3)).astype(np.uint8)
    target = rng.integers(100, 140, (20, 20, 3)).astype(np.uint8)
    target[..., 2] += 40
    cv2.imwrite(str(tmp_path / 'a.png'), target)
    ids = np.zeros((20, 20), np.uint8)
    results = LabColorTransfer(str(tmp_path))(dict(img=source, gt_seg_map=ids))
    moved, wanted = lab(results['img']), lab(target)
    assert moved.mean(0) == pytest.approx(wanted.mean(0), abs=0.3)
    assert moved.std(0) == pytest.approx(wanted.std(0), abs=0.3)
    assert abs(lab(source).mean(0) - wanted.mean(0)).max() > 5  # it was elsewhere
    assert results['gt_seg_map'] is ids


def test_lab_of_a_flat_frame_has_no_nan(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.png'), np.full((4, 4, 3), 200, np.uint8))
    results = LabColorTransfer(str(tmp_path))(dict(img=np.full((4, 4, 3), 10, np.uint8)))
    assert abs(results['img'].astype(int) - 200).max() <= 1


# Class-wise Lab


def test_each_class_takes_its_own_statistics(tmp_path):
    ids = np.repeat(np.array([[0, 1, 255]], np.uint8), 24, 0).repeat(12, 1)
    image, frame = random_image(5, low=90, high=150), random_image(6, low=100, high=140)
    frame[ids == 1] += 60
    step = ClassColorTransfer(target_frames(tmp_path, [frame], [ids]))
    moved = step(sample(image, ids))['img']
    for k in (0, 1):
        found, wanted = lab(moved[ids == k][None]), lab(frame[ids == k][None])
        assert found.mean(0) == pytest.approx(wanted.mean(0), abs=0.4)
        assert found.std(0) == pytest.approx(wanted.std(0), abs=0.4)
    # Ignored pixels move as the whole frame does.
    whole = LabColorTransfer(target_frames(tmp_path / 'whole', [frame]))(sample(image))['img']
    assert np.array_equal(moved[ids == 255], whole[ids == 255])


def test_a_class_that_the_frame_lacks_comes_from_another(tmp_path):
    zeros, ones = np.zeros((8, 8), np.uint8), np.ones((8, 8), np.uint8)
    gray = [np.full((8, 8, 3), value, np.uint8) for value in (40, 200)]
    step = ClassColorTransfer(target_frames(tmp_path, gray, [zeros, ones]))
    ids = np.concatenate([zeros, ones, ones + 1], 1)
    np.random.seed(0)
    seen = set()
    for _ in range(8):
        moved = step(sample(random_image(7, (8, 24), 90, 110), ids))['img'].astype(int)
        assert abs(moved[ids == 0] - 40).max() <= 1 and abs(moved[ids == 1] - 200).max() <= 1
        seen.add(round(moved[ids == 2].mean(), -1))  # of the whole frame, whichever it is
    assert seen == {40, 200}


def test_class_wise_wants_labels(tmp_path):
    with pytest.raises(ValueError, match='the config of a dataset is needed') as error:
        ClassColorTransfer(str(tmp_path))
    tiny.assert_one_sentence(str(error.value))
    target = target_frames(tmp_path, [random_image(0)])
    target['pipeline'] = [*LOAD, dict(type='PackSegInputs')]
    with pytest.raises(ValueError, match='img and gt_seg_map are needed') as error:
        ClassColorTransfer(target)(sample(random_image(1)))
    tiny.assert_one_sentence(str(error.value))


# Histogram matching


def test_histogram_by_hand(tmp_path):
    """Half of the pixels 10 and half 20 become half 100 and half 200."""
    source, frame = (np.array([[[a] * 3, [b] * 3]], np.uint8) for a, b in ((10, 20), (100, 200)))
    cv2.imwrite(str(tmp_path / 'a.png'), frame)
    assert np.array_equal(HistogramMatching(str(tmp_path))(sample(source))['img'], frame)


def test_histogram_of_each_channel(tmp_path):
    image, frame = random_image(8, (64, 64), 60, 200), random_image(9, (64, 64), 20, 90)
    frame[..., 1] += 100
    cv2.imwrite(str(tmp_path / 'a.png'), frame)
    moved = HistogramMatching(str(tmp_path))(sample(image))['img']
    assert abs(cumulative_histogram(moved) - cumulative_histogram(frame)).max() < 0.02
    assert abs(cumulative_histogram(image) - cumulative_histogram(frame)).max() > 0.5


# FDA


def wave(cycles, size, amplitude=40):
    x = np.arange(size[1]) / size[1]
    gray = 128 + amplitude * np.cos(2 * np.pi * cycles * x)
    return np.repeat(np.repeat(gray[None, :, None], size[0], 0), 3, 2)


def test_fda_by_hand(tmp_path):
    """A slow wave takes the target's amplitude and mean, a fast one stays; any size will do."""
    target = wave(1, (40, 60), 20) - 30
    cv2.imwrite(str(tmp_path / 'a.png'), target.round().astype(np.uint8))
    image = wave(1, (64, 96), 50) + wave(20, (64, 96), 15) - 128
    moved = FDA(str(tmp_path), beta=0.05)(sample(image.round().astype(np.uint8)))['img']
    expected = wave(1, (64, 96), 20) - 30 + wave(20, (64, 96), 15) - 128
    assert np.abs(moved - expected).max() <= 3


def test_fda_of_beta_0_moves_the_mean_alone(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.png'), random_image(10, low=50, high=90))
    image = random_image(11, low=100, high=140)
    moved = FDA(str(tmp_path), beta=0)(sample(image))['img'].astype(float)
    shift = moved - image
    assert np.abs(shift - shift.mean((0, 1))).max() <= 1 and abs(moved.mean() - 70) < 2


@pytest.mark.parametrize('beta', [-0.1, 0.5])
def test_fda_wrong_beta(tmp_path, beta):
    with pytest.raises(ValueError, match=f'beta is {beta}') as error:
        FDA(str(tmp_path), beta=beta)
    tiny.assert_one_sentence(str(error.value))
