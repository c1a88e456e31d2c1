"""Datasets whose labels are a segmenter's predictions."""

import cv2
import numpy as np
import pytest
import tiny
from mmseg.registry import DATASETS
from PIL import Image

from semgan_aug.core.errors import InputError
from semgan_aug.core.image_size import ORIENTATION
from semgan_aug.datasets import PseudoLabelDataset

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


@pytest.fixture
def frames(tmp_path):
    """Two frames of 4 x 2 of class 0, and predictions of class 1."""
    tiny.write_frames(tmp_path / 'frames', [np.zeros((2, 4), int)] * 2)
    (tmp_path / 'predicted').mkdir()
    for stem in '01':
        cv2.imwrite(str(tmp_path / f'predicted/{stem}.png'), np.ones((2, 4), np.uint8))
    return tiny.folder_dataset(tmp_path / 'frames', pipeline=LOAD)


@pytest.mark.slow
def test_labels_are_those_of_the_folder(frames, tmp_path):
    dataset = DATASETS.build(
        dict(type='PseudoLabelDataset', dataset=frames, folder=str(tmp_path / 'predicted'))
    )
    assert len(dataset) == 2 and list(dataset.metainfo['classes']) == ['a', 'b', 'c']
    assert dataset[1]['gt_seg_map'].tolist() == [[1] * 4] * 2
    assert DATASETS.build(frames)[1]['gt_seg_map'].tolist() == [[0] * 4] * 2


def test_every_frame_has_a_label(frames, tmp_path):
    (tmp_path / 'predicted/1.png').unlink()
    with pytest.raises(InputError, match=r'predicted holds no label for 1\.png; write') as error:
        PseudoLabelDataset(frames, str(tmp_path / 'predicted'))
    tiny.assert_one_sentence(str(error.value))


def test_labels_must_fit_their_images(frames, tmp_path):
    cv2.imwrite(str(tmp_path / 'predicted/1.png'), np.zeros((3, 9), np.uint8))
    with pytest.raises(InputError, match=r'1\.png is 9 x 3, but its image 4 x 2') as error:
        PseudoLabelDataset(frames, str(tmp_path / 'predicted'))
    tiny.assert_one_sentence(str(error.value))


def test_labels_fit_a_turned_photo(frames, tmp_path):
    """mmcv turns a photo by its EXIF orientation, so the label is of the turned frame."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.new('RGB', (2, 4)).save(tmp_path / 'frames/images/0.png', exif=exif)
    sample = PseudoLabelDataset(frames, str(tmp_path / 'predicted'))[0]
    assert sample['img'].shape[:2] == sample['gt_seg_map'].shape == (2, 4)


def test_files_that_are_no_images_are_named(frames, tmp_path):
    (tmp_path / 'predicted/1.png').write_bytes(b'<html>')
    with pytest.raises(InputError, match=r"predicted/1\.png' is not an image file"):
        PseudoLabelDataset(frames, str(tmp_path / 'predicted'))


def test_two_frames_of_one_name(frames, tmp_path):
    for folder in ('images', 'labels'):
        (tmp_path / 'frames' / folder / 'sub').mkdir()
        data = (tmp_path / 'frames' / folder / '0.png').read_bytes()
        (tmp_path / 'frames' / folder / 'sub/0.png').write_bytes(data)
    with pytest.raises(InputError, match=r'0\.png and .*0\.png have the same name'):
        PseudoLabelDataset(frames, str(tmp_path / 'predicted'))


def test_wrappers_go_around_it(frames, tmp_path):
    wrapped = dict(type='RepeatDataset', times=2, dataset=frames)
    with pytest.raises(InputError, match='wraps a RepeatDataset.*the wrapper around it'):
        PseudoLabelDataset(wrapped, str(tmp_path))
