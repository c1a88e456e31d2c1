"""CropRows keeps the upper rows of an image and of its label."""

import numpy as np
import pytest
import tiny
from mmseg.registry import TRANSFORMS
from PIL import Image

from semgan_aug.datasets import GTA5Dataset
from semgan_aug.transforms.crop_rows import CropRows

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


def test_crop_rows(tmp_path):
    tiny.write_pair(tmp_path, '00001', range(35))
    assert TRANSFORMS.get('CropRows') is CropRows
    pipeline = [*LOAD, dict(type='CropRows', keep=0.78)]
    results = GTA5Dataset(data_root=str(tmp_path), pipeline=pipeline)[0]
    assert results['img'].shape == (3, 35, 3) and results['gt_seg_map'].shape == (3, 35)
    assert results['img_shape'] == (3, 35)
    assert repr(CropRows(0.5)) == 'CropRows(keep=0.5)'


@pytest.mark.parametrize('keep', [0, -0.5, 1.5])
def test_crop_rows_range(keep):
    with pytest.raises(ValueError, match='above 0 and at most 1'):
        CropRows(keep)


def test_crop_rows_must_leave_a_row():
    with pytest.raises(ValueError, match='leaves no row'):
        CropRows(0.1).transform(dict(img=np.zeros((4, 4, 3))))


def test_no_hood_is_left_in_real_gta5(semgan_data):
    for path in sorted((semgan_data / 'gta5-mini' / 'labels').glob('*.png')):
        ids = np.array(Image.open(path))
        kept = CropRows(0.78).transform(
            dict(img=ids[..., None], gt_seg_map=ids, seg_fields=['gt_seg_map'])
        )['gt_seg_map']
        assert (ids == 1).any() and not (kept == 1).any(), path.name
