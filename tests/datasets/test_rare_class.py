"""RareClassDataset: how often each class is drawn, and statistics that do not fit."""

import json
from functools import partial

import numpy as np
import pytest
import tiny

from semgan_aug.core.errors import InputError
from semgan_aug.datasets.rare_class import RareClassDataset, class_probabilities

PACKED = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomCrop', crop_size=(4, 2)),
    dict(type='PackSegInputs'),
]


@pytest.fixture
def run(run_tool):
    return partial(run_tool, 'prepare_gta5')


def test_class_probabilities():
    # Shares 0.75 and 0.25 at temperature 0.5: softmax(0.5, 1.5).
    found = class_probabilities(np.array([[2, 1], [1, 0]]), [0, 1], 0.5)
    assert np.allclose(found, [1 / (1 + np.e), np.e / (1 + np.e)])
    assert np.allclose(class_probabilities(np.array([[9, 1]]), [1], 0.01), [1])


@pytest.mark.parametrize('given', [False, True])
def test_rare_classes_are_drawn(roads, given, run):
    if given:
        assert 'can be used' in run(roads)
    dataset = RareClassDataset(
        dict(type='GTA5Dataset', data_root=str(roads), pipeline=PACKED),
        temperature=10.0,  # nearly uniform over the two classes
        min_pixels=4,
        crop_share=1.0,
        tries=50,
        stats=str(roads / 'sample_class_stats.json') if given else None,
    )
    np.random.seed(0)
    labels = [dataset[0]['data_samples'].gt_sem_seg.data for _ in range(40)]
    # One frame of ten has riders, in an eighth of its columns.
    assert 12 <= sum(bool((label == 12).any()) for label in labels) <= 28
    assert len(dataset) == 10 and list(dataset.frames_of) == [0, 12]


@pytest.mark.parametrize(
    'change, message',
    [
        (lambda e: e[0].update(foo=1), 'invalid literal'),
        (lambda e: e[0].update({'25': 1}), 'has 1 pixels of class 25'),
        (lambda e: e[0].update({'-1': 1}), 'of class -1'),
        (lambda e: e[0].update({'1': -5}), 'has -5 pixels'),
        (lambda e: e[0].update({'1': None}), 'has None pixels'),
        (lambda e: e.append(e[0]), 'is in it twice'),
        (lambda e: e.append(7), 'is no sample_class_stats.json'),
    ],
)
def test_odd_statistics(roads, run, change, message):
    run(roads)
    stats = roads / 'sample_class_stats.json'
    entries = json.loads(stats.read_text())
    change(entries)
    stats.write_text(json.dumps(entries))
    cfg = dict(type='GTA5Dataset', data_root=str(roads), pipeline=PACKED)
    with pytest.raises(InputError, match=message) as error:
        RareClassDataset(cfg, stats=str(stats))
    tiny.assert_one_sentence(str(error.value))


def test_a_broken_file_is_named_whatever_was_asked_for(roads):
    (roads / 'images/00003.png').write_bytes(b'junk')
    cfg = dict(type='GTA5Dataset', data_root=str(roads), pipeline=PACKED, check_sizes=False)
    dataset = RareClassDataset(cfg, min_pixels=4)
    dataset.frames_of, dataset.probabilities = {12: np.array([2])}, [1.0]
    with pytest.raises(InputError, match=r'00003\.png or .* cannot be read'):
        dataset[7]
    (roads / 'labels/00004.png').write_bytes(b'junk')
    with pytest.raises(InputError, match=r'labels/00004\.png cannot be read'):
        RareClassDataset(cfg)


@pytest.mark.parametrize(
    'kwargs, message',
    [
        (dict(temperature=0), 'temperature is 0, but 1e-4 or more'),
        (dict(temperature='1'), "temperature is '1', but"),
        (dict(min_pixels=None), 'min_pixels is None, but a whole number from 1'),
        (dict(tries=2.5), 'tries is 2.5, but a whole number from 1'),
        (dict(crop_share=2), 'crop_share is 2'),
        (dict(tries=0), 'tries is 0'),
        (dict(min_pixels=1000), 'no class has 1000 pixels in any of 10 frames'),
        (dict(stats='nowhere.json'), 'nowhere.json is no sample_class_stats.json'),
    ],
)
def test_rare_class_wrong_arguments(roads, kwargs, message):
    cfg = dict(type='GTA5Dataset', data_root=str(roads), pipeline=PACKED)
    with pytest.raises(InputError, match=message):
        RareClassDataset(cfg, **kwargs)


def test_rare_class_statistics_must_fit(roads, run):
    assert 'can be used' in run(roads)
    stats = str(roads / 'sample_class_stats.json')
    cfg = dict(type='GTA5Dataset', class_set='camvid11', data_root=str(roads), pipeline=PACKED)
    with pytest.raises(InputError, match='19 classes of Cityscapes'):
        RareClassDataset(cfg, stats=stats)
    tiny.write_pair(roads, '00099', [7] * 8)
    with pytest.raises(InputError, match=r'says nothing about .*00099\.png'):
        RareClassDataset(dict(cfg, class_set='cityscapes20'), stats=stats)
