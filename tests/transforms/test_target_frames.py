"""What all transforms share that give a frame the look of a random target frame."""

import pickle

import cv2
import numpy as np
import pytest
import tiny
from mmengine.config import Config
from mmseg.registry import TRANSFORMS
from target_images import random_image, sample, target_frames

from semgan_aug.transforms import FDA, LabColorTransfer

KINDS = ['LabColorTransfer', 'ClassColorTransfer', 'HistogramMatching', 'FDA']


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
