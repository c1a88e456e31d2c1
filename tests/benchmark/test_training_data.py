"""The training data of rows."""

import pytest
import tiny
from mmseg.registry import DATASETS

from semgan_aug.benchmark.training_data import apply_training_data, spread
from semgan_aug.core.errors import InputError


def types(dataset):
    return [step.type for step in dataset.pipeline]


def test_an_empty_row_trains_on_the_source(segmenter):
    expected = segmenter.source
    apply_training_data(segmenter, {})
    assert segmenter.train_dataloader.dataset == expected


def test_a_row_restyles_before_anything_random(segmenter):
    training_data = dict(restyle=dict(type='LabColorTransfer', target='target_all'))
    apply_training_data(segmenter, training_data)
    dataset = segmenter.train_dataloader.dataset
    load = ['LoadImageFromFile', 'LoadAnnotations']
    assert types(dataset) == [*load, 'LabColorTransfer', 'RandomFlip', 'PackSegInputs']
    target = dataset.pipeline[2].target
    assert (target.domain, target.num_frames, types(target)) == ('camera', 3, load)
    assert training_data['restyle']['target'] == 'target_all'  # not changed
    assert types(segmenter.source) == [*load, 'RandomFlip', 'PackSegInputs']
    assert DATASETS.build(dataset)[0]['inputs'].shape == (3, 24, 32)


@pytest.mark.slow
def test_a_row_mixes_at_equal_rate_and_leaves_the_target_as_it_is(segmenter):
    translate = dict(type='SemGANTranslate', translator='semgan')
    apply_training_data(segmenter, dict(restyle=translate, mix='target_few'), 'a.pth')
    source, few = segmenter.train_dataloader.dataset.datasets
    assert [s.get('ckpt') for s in source.pipeline] == [None, None, 'a.pth', None, None]
    assert 'translator' not in source.pipeline[2]
    assert few.type == 'RepeatDataset' and few.times == 3  # 6 frames and 2
    assert 'SemGANTranslate' not in types(few.dataset)
    apply_training_data(segmenter, dict(mix='target_few', labels=1))
    few = segmenter.train_dataloader.dataset.datasets[1]
    assert few.times == 6 and few.dataset.indices == [0]
    # The few may be chosen from a larger dataset: then one of those.
    segmenter.target_few.update(num_frames=9, indices=[4, 8])
    apply_training_data(segmenter, dict(mix='target_few', labels=1))
    assert segmenter.train_dataloader.dataset.datasets[1].dataset.indices == [4]
    segmenter.target_few.update(num_frames=2, indices=None)
    apply_training_data(segmenter, dict(mix='target_few', labels=1))
    assert len(DATASETS.build(segmenter.train_dataloader.dataset)) == 12


def test_spread():
    assert spread(5, 20) == [0, 4, 8, 12, 16] and spread(3, 3) == [0, 1, 2]


@pytest.mark.parametrize(
    'training_data, message',
    [
        (dict(blend=1), r"the entries \['blend'\], but .*'mix', 'labels'. are allowed"),
        (dict(train='target'), "the dataset 'target', which .*segmenter.py does not have"),
        (dict(mix='target_few', labels=3), '3 labeled frames are wanted, but 1 ... 2 are there'),
    ],
)
def test_wrong_training_data(segmenter, training_data, message):
    with pytest.raises(InputError, match=message) as error:
        apply_training_data(segmenter, training_data)
    tiny.assert_one_sentence(str(error.value))


def test_training_data_of_a_wrapper(segmenter):
    """The transform goes into the dataset that a wrapper has inside."""
    segmenter.source_rare = dict(
        type='RareClassDataset', dataset=segmenter.source, min_pixels=1, crop_share=0
    )
    lab = dict(type='LabColorTransfer', target='target_all')
    apply_training_data(segmenter, dict(train='source_rare', restyle=lab))
    dataset = segmenter.train_dataloader.dataset
    assert (dataset.type, dataset.min_pixels) == ('RareClassDataset', 1)
    load = ['LoadImageFromFile', 'LoadAnnotations']
    assert types(dataset.dataset) == [*load, 'LabColorTransfer', 'RandomFlip', 'PackSegInputs']
    assert types(segmenter.source) == [*load, 'RandomFlip', 'PackSegInputs']
    built = DATASETS.build(dataset)
    assert len(built) == 6 and built[0]['inputs'].shape == (3, 24, 32)
