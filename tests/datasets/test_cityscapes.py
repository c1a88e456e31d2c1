"""Cityscapes as it is downloaded."""

import pytest
import tiny

from semgan_aug.datasets import CityscapesIdsDataset

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


def test_real_cityscapes(semgan_data):
    dataset = CityscapesIdsDataset(
        data_root=str(semgan_data / 'cityscapes-sample'), class_set='cityscapes20', pipeline=LOAD
    )
    assert len(dataset) == 2
    # The ego vehicle at the bottom of each frame is 'unlabeled'.
    seg_map = dataset[0]['gt_seg_map']
    assert seg_map.shape == (1024, 2048) and seg_map[-1, 1000] == 19


@pytest.mark.parametrize('class_set, rest', [('cityscapes19', 255), ('cityscapes20', 19)])
def test_ids_of_a_drawn_frame(tmp_path, class_set, rest):
    tiny.write_pair(tmp_path, 'frame', range(34))
    name = 'aachen/aachen_000000_000019'
    for drawn, file in (
        ('images', f'leftImg8bit/train/{name}_leftImg8bit.png'),
        ('labels', f'gtFine/train/{name}_gtFine_labelIds.png'),
    ):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / drawn / 'frame.png').rename(tmp_path / file)
    dataset = CityscapesIdsDataset(data_root=str(tmp_path), class_set=class_set, pipeline=LOAD)
    assert len(dataset) == 1
    row = dataset[0]['gt_seg_map'][0]
    # Road, sidewalk, car and bicycle; ids 0 ... 6 and 9 have no class.
    assert [row[i] for i in (7, 8, 26, 33)] == [0, 1, 13, 18]
    assert {int(row[i]) for i in (*range(7), 9)} == {rest}
