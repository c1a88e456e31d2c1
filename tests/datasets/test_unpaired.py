"""The unpaired dataset: partners, joint transforms, and data that does not fit."""

import numpy as np
import pytest
import tiny
from mmengine.runner import Runner
from mmseg.registry import DATASETS, MODELS

from semgan_aug.core.errors import InputError
from semgan_aug.datasets import UnpairedDataset

STEP = 80  # gray value per class id in the frames drawn here


@pytest.fixture
def two_domains(tmp_path):
    """8 source and 30 target frames of 12 x 16 with random ids 0 ... 2."""
    rng = np.random.default_rng(0)
    for name, count in (('source', 8), ('target', 30)):
        frames = [rng.integers(0, 3, (12, 16)) for _ in range(count)]
        tiny.write_frames(tmp_path / name, frames, STEP)
    return tmp_path


def config(root, **changes):
    cfg = dict(type='UnpairedDataset')
    for name in ('source', 'target'):
        cfg[name] = tiny.folder_dataset(root / name, **changes.get(name, {}))
    return cfg


def partners(root, num_workers, seed):
    """Target frames of one pass over the data, with mmengine's own seeding of workers."""
    loader = Runner.build_dataloader(
        dict(
            batch_size=1,
            num_workers=num_workers,
            dataset=config(root),
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='pseudo_collate'),
        ),
        seed=seed,
    )
    np.random.seed(seed)
    return [batch['data_samples']['target'][0].img_path for batch in loader]


def test_source_gives_length_and_order(two_domains):
    dataset = DATASETS.build(config(two_domains))
    assert len(dataset) == 8 and dataset.metainfo['classes'] == ['a', 'b', 'c']
    files = [dataset[i]['data_samples']['source'].img_path for i in range(8)]
    assert [f.rpartition('/')[2] for f in files] == [f'{i}.png' for i in range(8)]
    sample = dataset[0]
    assert set(sample) == {'inputs', 'data_samples'}
    assert sample['inputs']['target'].shape == (3, 12, 16)


def test_partners_are_random_targets(two_domains):
    dataset = DATASETS.build(config(two_domains))
    np.random.seed(0)
    drawn = [dataset[0]['data_samples']['target'].img_path for _ in range(40)]
    assert all('/target/' in f for f in drawn) and len(set(drawn)) > 10


@pytest.mark.slow
@pytest.mark.parametrize('num_workers', [0, 2])
def test_a_seed_repeats_the_partners(two_domains, num_workers):
    first = partners(two_domains, num_workers, 1)
    assert partners(two_domains, num_workers, 1) == first
    assert partners(two_domains, num_workers, 2) != first


def test_workers_draw_different_partners(two_domains):
    drawn = partners(two_domains, 2, 1)
    assert drawn[0::2] != drawn[1::2]  # the workers take turns


def test_image_and_label_are_cropped_and_flipped_together(two_domains):
    pipeline = [
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='CheckPair'),
        dict(type='RandomCrop', crop_size=(8, 10)),
        dict(type='RandomFlip', prob=0.5),
        dict(type='PackSegInputs'),
    ]
    changes = dict.fromkeys(('source', 'target'), dict(pipeline=pipeline))
    dataset = DATASETS.build(config(two_domains, **changes))
    np.random.seed(0)
    flips, crops = set(), set()
    for _ in range(20):
        item = dataset[0]
        for domain in ('source', 'target'):
            ids = item['data_samples'][domain].gt_sem_seg.data
            assert ids.shape == (1, 8, 10)
            assert (item['inputs'][domain] == ids * STEP).all()
        flips.add((item['data_samples']['source'].flip, item['data_samples']['target'].flip))
        crops.add(item['inputs']['source'].numpy().tobytes())
    assert len(flips) == 4  # each domain by itself
    assert len(crops) > 10


def test_other_classes(two_domains):
    cfg = config(two_domains, target=dict(classes=('a', 'c', 'b')))
    with pytest.raises(ValueError, match='same classes in the same order') as error:
        DATASETS.build(cfg)
    message = str(error.value)
    assert "['a', 'b', 'c']" in message and "['a', 'c', 'b']" in message
    tiny.assert_one_sentence(message)


@pytest.mark.parametrize('name', ['source', 'target'])
@pytest.mark.parametrize('lazy', [False, True], ids=['at once', 'lazy'])
def test_empty_domain(two_domains, name, lazy):
    for file in (two_domains / name).rglob('*.png'):
        file.unlink()
    cfg = config(two_domains, **{name: dict(lazy_init=lazy)})
    with pytest.raises(ValueError, match=f'the {name} domain is empty') as error:
        DATASETS.build(cfg)
    assert str(two_domains / name) in str(error.value)
    tiny.assert_one_sentence(str(error.value))


def test_other_errors_of_a_dataset_are_passed_on(two_domains):
    cfg = config(two_domains)
    cfg['target'] = dict(type='MiniStreetsDataset', domain='moon', num_frames=1)
    with pytest.raises(ValueError, match="domain is 'moon', but one of"):
        DATASETS.build(cfg)


def test_takes_datasets_that_are_built_already(two_domains):
    cfg = config(two_domains)
    dataset = UnpairedDataset(*(DATASETS.build(cfg[name]) for name in ('source', 'target')))
    assert len(dataset) == 8


@pytest.mark.parametrize('name', ['source', 'target'])
def test_ids_outside_the_classes_are_named_with_their_file(two_domains, name):
    tiny.write_frames(two_domains / name, [np.array([[0, 3, 255, 9]] * 4)] * 30, 1)
    dataset = DATASETS.build(config(two_domains))
    with pytest.raises(ValueError, match=r'holds the ids \[3, 9\], but only 0 ... 2') as error:
        dataset[0]
    assert str(two_domains / name) in str(error.value)
    tiny.assert_one_sentence(str(error.value))


def test_a_missing_label_is_named(two_domains):
    (two_domains / 'source' / 'labels' / '0.png').unlink()
    with pytest.raises(InputError, match='source/labels/0.png cannot be read .*No such') as error:
        DATASETS.build(config(two_domains))[0]
    tiny.assert_one_sentence(str(error.value))


def test_frames_of_unlike_size_in_one_batch():
    one, two = tiny.batch(size=(16, 16)), tiny.batch(size=(16, 24))
    for key in one:
        one[key]['target'] += two[key]['target']
    preprocess = MODELS.build(dict(type='SemGANDataPreprocessor', num_classes=3))
    with pytest.raises(ValueError, match=r'target frames .* \[\(16, 16\), \(16, 24\)\]') as error:
        preprocess(one)
    tiny.assert_one_sentence(str(error.value))


def test_preprocessor_encodes():
    data = tiny.batch(n=2)
    batch = MODELS.build(dict(type='SemGANDataPreprocessor', num_classes=3))(data)
    image, ids, pair = batch['source']
    assert image.shape == (2, 3, 16, 16) and ids.shape == (2, 16, 16) and pair.shape[1] == 6
    expected = data['inputs']['source'][1].float() / 127.5 - 1
    assert (image[1] - expected).abs().max() < 1e-6
    assert (ids[1] == data['data_samples']['source'][1].gt_sem_seg.data[0]).all()
    assert (pair[:, :3] == image).all() and (pair[:, 3:, :2] == -1).all()
