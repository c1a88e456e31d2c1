"""Class sets, and the tables from raw label ids to their classes."""

import pytest

from semgan_aug.core.classes import (
    CAMVID11,
    CAMVID_IDS,
    CITYSCAPES19,
    CITYSCAPES20,
    CLASS_SETS,
    IGNORE,
    LABEL_IDS,
    MINISTREETS,
    ClassSet,
    get_class_set,
    label_map,
)


def test_cityscapes19_is_that_of_mmseg():
    from mmseg.datasets import CityscapesDataset

    assert CITYSCAPES19.metainfo == CityscapesDataset.METAINFO


@pytest.mark.parametrize(
    'name, count',
    [('cityscapes19', 19), ('cityscapes20', 20), ('camvid11', 11), ('ministreets', 10)],
)
def test_sets(name, count):
    s = get_class_set(name)
    assert s.num_classes == count == len(s.metainfo['palette']) == len(set(s.palette))
    assert CLASS_SETS[s.name] is s


def test_cityscapes20_ends_in_black_unlabeled():
    assert CITYSCAPES20.classes[:19] == CITYSCAPES19.classes
    assert (CITYSCAPES20.classes[19], CITYSCAPES20.palette[19]) == ('unlabeled', (0, 0, 0))


@pytest.mark.parametrize('class_set', [CITYSCAPES19, CITYSCAPES20, CAMVID11, MINISTREETS])
def test_every_id_of_a_png_is_mapped(class_set):
    mapped = label_map(LABEL_IDS, class_set)
    assert sorted(mapped) == list(range(35))
    assert set(mapped.values()) - {IGNORE} == set(range(class_set.num_classes))


def test_ids_to_train_ids():
    # The published trainIds of cityscapesScripts.
    train_ids = {
        7: 0,
        8: 1,
        11: 2,
        12: 3,
        13: 4,
        17: 5,
        19: 6,
        20: 7,
        21: 8,
        22: 9,
        23: 10,
        24: 11,
        25: 12,
        26: 13,
        27: 14,
        28: 15,
        31: 16,
        32: 17,
        33: 18,
    }
    assert label_map(LABEL_IDS, CITYSCAPES19) == {i: train_ids.get(i, 255) for i in range(35)}
    assert label_map(LABEL_IDS, CITYSCAPES20) == {i: train_ids.get(i, 19) for i in range(35)}


def test_ids_to_camvid():
    mapped = label_map(LABEL_IDS, CAMVID11)
    by_name = {name: mapped[i] for i, name in LABEL_IDS.items() if i >= 0}
    names = {n: CAMVID11.classes[i] for n, i in by_name.items() if i != IGNORE}
    assert len(names) == 19
    assert names['wall'] == 'Building' and names['rider'] == 'Bicyclist'
    assert names['train'] == 'Car' and names['terrain'] == 'Tree'
    assert label_map(CAMVID_IDS, CAMVID11) == {**{i: i for i in range(11)}, 11: IGNORE}


def test_ids_of_another_data_set_are_refused():
    with pytest.raises(ValueError, match='choose a class set that fits'):
        label_map(CAMVID_IDS, CITYSCAPES20)


def test_unknown_set_and_missing_color():
    with pytest.raises(ValueError, match='choose one of camvid11, '):
        get_class_set('cityscapes')
    with pytest.raises(ValueError, match='2 classes and 1 colors'):
        ClassSet('x', ('a', 'b'), ((0, 0, 0),))
