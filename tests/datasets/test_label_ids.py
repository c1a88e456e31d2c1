"""Raw ids of label files become indices of the classes that a config wants."""

import pytest
import tiny
from mmengine.dataset import ConcatDataset
from mmseg.datasets import CityscapesDataset

from semgan_aug.datasets import GTA5Dataset

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


def ids_of(dataset, index=0):
    """The first row of a loaded class map, with the stock transforms of mmseg."""
    return dataset[index]['gt_seg_map'][0].tolist()


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


def test_images_without_labels_wanted(gta5):
    dataset = GTA5Dataset(data_root=str(gta5), data_prefix=dict(img_path='images'))
    assert 'seg_map_path' not in dataset.get_data_info(0)


def test_concatenates_with_other_sets(gta5):
    tiny.write_pair(gta5, 'city_leftImg8bit', range(35))
    other = CityscapesDataset(data_root=str(gta5), data_prefix=dict(img_path='images'))
    (gta5 / 'list.txt').write_text('00001\n00002\n')
    dataset = GTA5Dataset(data_root=str(gta5), ann_file='list.txt')
    assert len(ConcatDataset([dataset, other])) == 3
