"""Datasets that read label PNGs as downloaded, on drawn files and, where present, real ones."""

import numpy as np
import pytest
import tiny
from mmengine.dataset import ConcatDataset
from mmseg.datasets import CityscapesDataset
from mmseg.registry import DATASETS, TRANSFORMS
from PIL import Image

from semgan_aug.datasets import CamVidDataset, CityscapesIdsDataset, GTA5Dataset
from semgan_aug.transforms.crop_rows import CropRows

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


@pytest.fixture
def gta5(tmp_path):
    tiny.write_pair(tmp_path, '00001', range(35))
    tiny.write_pair(tmp_path, '00002', range(35))
    return tmp_path


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


def test_classes_in_another_order(gta5):
    dataset = GTA5Dataset(
        data_root=str(gta5), metainfo=dict(classes=['car', 'road', 'sky']), pipeline=LOAD
    )
    row = ids_of(dataset)
    assert (row[26], row[7], row[23]) == (0, 1, 2)
    assert all(v == 255 for raw, v in enumerate(row) if raw not in (26, 7, 23))
    assert dataset.metainfo['palette'] == [[0, 0, 142], [128, 64, 128], [70, 130, 180]]


def test_subset_of_merged_classes(gta5):
    dataset = GTA5Dataset(
        data_root=str(gta5),
        class_set='camvid11',
        metainfo=dict(classes=('Car', 'Tree')),
        pipeline=LOAD,
    )
    row = ids_of(dataset)
    assert [row[i] for i in (26, 27, 28, 31)] == [0] * 4 and row[21] == row[22] == 1
    assert dataset.metainfo['palette'] == [[64, 0, 128], [128, 128, 0]]


def test_given_palette(gta5):
    metainfo = dict(classes=['car'], palette=[[1, 2, 3]])
    assert GTA5Dataset(data_root=str(gta5), metainfo=metainfo).metainfo['palette'] == [[1, 2, 3]]
    with pytest.raises(ValueError, match='2 palette colors for 1 classes'):
        GTA5Dataset(data_root=str(gta5), metainfo=dict(classes=['car'], palette=[[0] * 3] * 2))


@pytest.mark.parametrize(
    'kwargs, message',
    [
        (dict(metainfo=dict(classes=['cat'])), r"\['cat'\] are not in class set 'cityscapes19'"),
        (dict(class_set='cityscapes'), 'choose one of'),
        (dict(bad_pairs='ignore'), "choose 'raise' or 'skip'"),
        (dict(reduce_zero_label=True), 'shift raw label ids'),
    ],
)
def test_wrong_arguments(gta5, kwargs, message):
    with pytest.raises(ValueError, match=message):
        GTA5Dataset(data_root=str(gta5), **kwargs)


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


def test_skipped_pairs_are_logged(gta5, monkeypatch):
    messages = []
    monkeypatch.setattr(
        'semgan_aug.datasets.label_ids.print_log', lambda text, *args: messages.append(text)
    )
    tiny.write_pair(gta5, '17705', range(35))
    GTA5Dataset(data_root=str(gta5), bad_pairs='skip')
    (message,) = messages
    assert 'GTA5Dataset: 1 of 3 pairs cannot be used and are left out: label of another' in message
    assert message.endswith('public release: 17705')


def test_ann_file(gta5):
    (gta5 / 'list.txt').write_text('00002\n\n')
    assert len(GTA5Dataset(data_root=str(gta5), ann_file='list.txt')) == 1


@pytest.mark.parametrize(
    'text, message',
    [
        ('', 'is empty'),
        ('00001.png\n', "list names without '.png', here '00001'"),
        ('00001\n00001\n', 'more than once'),
        ('00001\n00009\n', r'1 of 2 pairs cannot be used.*no image \(\*.png\) in .*images: 00009$'),
    ],
)
def test_wrong_ann_file(gta5, text, message):
    (gta5 / 'list.txt').write_text(text)
    with pytest.raises(ValueError, match=message):
        GTA5Dataset(data_root=str(gta5), ann_file='list.txt')


def test_missing_files_and_folders(gta5, tmp_path):
    with pytest.raises(FileNotFoundError, match="image folder '.*nowhere/images' does not exist"):
        GTA5Dataset(data_root=str(tmp_path / 'nowhere'))
    with pytest.raises(FileNotFoundError, match='ann_file .*none.txt.* does not exist'):
        GTA5Dataset(data_root=str(gta5), ann_file='none.txt')
    (gta5 / 'empty').mkdir()
    prefix = dict(img_path='empty', seg_map_path='labels')
    with pytest.raises(FileNotFoundError, match="holds no file that ends in '.png'"):
        GTA5Dataset(data_root=str(gta5), data_prefix=prefix)
    (gta5 / 'list.txt').write_text('00008\n')
    with pytest.raises(FileNotFoundError, match='none of the 1 pairs can be used'):
        GTA5Dataset(data_root=str(gta5), ann_file='list.txt', bad_pairs='skip')


def test_images_without_labels_wanted(gta5):
    dataset = GTA5Dataset(data_root=str(gta5), data_prefix=dict(img_path='images'))
    assert 'seg_map_path' not in dataset.get_data_info(0)


def test_concatenates_with_other_sets(gta5):
    tiny.write_pair(gta5, 'city_leftImg8bit', range(35))
    other = CityscapesDataset(data_root=str(gta5), data_prefix=dict(img_path='images'))
    (gta5 / 'list.txt').write_text('00001\n00002\n')
    dataset = GTA5Dataset(data_root=str(gta5), ann_file='list.txt')
    assert len(ConcatDataset([dataset, other])) == 3


def test_crop_rows(gta5):
    assert TRANSFORMS.get('CropRows') is CropRows
    results = GTA5Dataset(data_root=str(gta5), pipeline=[*LOAD, dict(type='CropRows', keep=0.78)])[
        0
    ]
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


def test_no_hood_is_left_in_real_gta5(semgan_data):
    for path in sorted((semgan_data / 'gta5-mini' / 'labels').glob('*.png')):
        ids = np.array(Image.open(path))
        kept = CropRows(0.78).transform(
            dict(img=ids[..., None], gt_seg_map=ids, seg_fields=['gt_seg_map'])
        )['gt_seg_map']
        assert (ids == 1).any() and not (kept == 1).any(), path.name


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


def test_real_cityscapes(semgan_data):
    dataset = CityscapesIdsDataset(
        data_root=str(semgan_data / 'cityscapes-sample'), class_set='cityscapes20', pipeline=LOAD
    )
    assert len(dataset) == 2
    # The ego vehicle at the bottom of each frame is 'unlabeled'.
    seg_map = dataset[0]['gt_seg_map']
    assert seg_map.shape == (1024, 2048) and seg_map[-1, 1000] == 19
