"""GTA5: label ids, and the pairs of the public release that cannot be used."""

import numpy as np
import pytest
import tiny
from mmseg.registry import DATASETS

from semgan_aug.datasets import GTA5Dataset

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


def ids_of(dataset, index=0):
    """The first row of a loaded class map, with the stock transforms of mmseg."""
    return dataset[index]['gt_seg_map'][0].tolist()


@pytest.mark.parametrize('class_set, rest', [('cityscapes19', 255), ('cityscapes20', 19)])
def test_gta5_ids(gta5, class_set, rest):
    dataset = DATASETS.build(
        dict(type='GTA5Dataset', data_root=str(gta5), class_set=class_set, pipeline=LOAD)
    )
    expected = [rest] * 35
    for train_id, raw in enumerate(
        (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
    ):
        expected[raw] = train_id
    assert len(dataset) == 2
    # Twice: the label map must not be consumed, nor applied to its own output (7 -> 0, 0 -> 255).
    assert ids_of(dataset) == ids_of(dataset) == expected
    assert len(dataset.metainfo['classes']) == len(dataset.metainfo['palette'])


def test_bad_pairs_are_all_named(gta5):
    tiny.write_pair(gta5, '15188', range(35))
    tiny.write_pair(gta5, '20860', range(35))
    tiny.write_pair(gta5, '00003', range(35), image_size=(8, 70))
    tiny.write_pair(gta5, '00004', range(35))
    (gta5 / 'labels' / '00004.png').unlink()
    tiny.write_pair(gta5, '00005', range(35))
    (gta5 / 'images' / '00005.png').write_bytes(b'<html>')
    with pytest.raises(ValueError, match="5 of 7 pairs cannot be used.*bad_pairs='skip'") as error:
        GTA5Dataset(data_root=str(gta5))
    for part in (
        'in the public release: 15188, 20860',
        'image is 70 x 8, label 35 x 4: 00003',
        'labels: 00004',
        "00005.png' is not a PNG file",
    ):
        assert part in str(error.value)
    dataset = GTA5Dataset(data_root=str(gta5), bad_pairs='skip', pipeline=LOAD)
    assert [dataset.get_data_info(i)['img_path'][-9:] for i in range(len(dataset))] == [
        '00001.png',
        '00002.png',
    ]
    assert len(GTA5Dataset(data_root=str(gta5), bad_pairs='skip', check_sizes=False)) == 4


def test_real_gta5(semgan_data):
    mini = GTA5Dataset(
        data_root=str(semgan_data / 'gta5-mini'),
        class_set='camvid11',
        pipeline=[*LOAD, dict(type='CropRows', keep=0.78)],
    )
    native = GTA5Dataset(
        data_root=str(semgan_data / 'gta5-native'), class_set='cityscapes20', pipeline=LOAD
    )
    assert (len(mini), len(native)) == (20, 2)
    assert native[1]['gt_seg_map'].shape == (1052, 1914) == native[1]['img'].shape[:2]
    assert set(np.unique(native[1]['gt_seg_map'])) <= set(range(20))
