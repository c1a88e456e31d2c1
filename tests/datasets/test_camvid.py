"""CamVid with its 11 classes."""

import numpy as np
import pytest
import tiny
from mmengine.dataset import ConcatDataset

from semgan_aug.datasets import CamVidDataset, GTA5Dataset

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


def test_real_camvid(semgan_data):
    dataset = CamVidDataset(data_root=str(semgan_data / 'camvid'), pipeline=LOAD)
    assert len(dataset) == 367
    results = dataset[0]
    assert results['img'].shape == (360, 480, 3)
    assert set(np.unique(results['gt_seg_map'])) <= {*range(11), 255}


@pytest.mark.parametrize('name', ['dusk', 'gta'])
def test_real_gta5_and_camvid_concatenate(semgan_data, name):
    camvid = CamVidDataset(
        data_root=str(semgan_data),
        ann_file=f'benchmarks/{name}/target_few.txt',
        data_prefix=dict(img_path='camvid/images/train', seg_map_path='camvid/labels/train'),
    )
    gta5 = GTA5Dataset(data_root=str(semgan_data / 'gta5-mini'), class_set='camvid11')
    assert len(ConcatDataset([gta5, camvid])) == 40


def test_ids_of_a_drawn_frame(tmp_path):
    tiny.write_pair(tmp_path, 'a', range(12))
    dataset = CamVidDataset(
        data_root=str(tmp_path),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        img_suffix='.png',
        pipeline=LOAD,
    )
    assert dataset[0]['gt_seg_map'][0].tolist() == [*range(11), 255]
    assert len(dataset.metainfo['classes']) == 11
