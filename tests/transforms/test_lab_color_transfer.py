"""Color statistics in Lab, of whole frames and of each class."""

import cv2
import numpy as np
import pytest
import tiny
from target_images import LOAD, lab, random_image, sample, target_frames

from semgan_aug.transforms import ClassColorTransfer, LabColorTransfer, lab_color_transfer
from semgan_aug.transforms.lab_color_transfer import match_lab


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
