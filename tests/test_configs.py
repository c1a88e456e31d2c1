"""Every config of mmseg_configs/ parses, and its model, transforms and benchmark data fit."""

import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmseg.registry import DATASETS, MODELS, TRANSFORMS

import semgan_aug  # noqa: F401
from semgan_aug.core.classes import CAMVID11, get_class_set

ROOT = Path(__file__).resolve().parents[1] / 'mmseg_configs'
LEAVES = sorted(p for net in ('drn', 'deeplabv3plus', 'unet') for p in ROOT.glob(f'{net}/*.py'))
SEMGAN = [p for p in LEAVES if p.stem.endswith('-semgan')]
PLAIN = [p for p in LEAVES if not p.stem.endswith(('-semgan', '-lab', '-few', '-oracle'))]
# The rest of a `-semgan` leaf's data is that of the plain one, and it needs a checkpoint.
BENCHMARK = [p for p in LEAVES if p not in SEMGAN and re.search('day2dusk|gta2camvid', p.name)]


def ids(paths):
    return [p.stem for p in paths]


def datasets(cfg):
    """The plain dataset configs inside wrappers."""
    if 'datasets' in cfg:
        return [d for inner in cfg.datasets for d in datasets(inner)]
    return datasets(cfg.dataset) if 'dataset' in cfg else [cfg]


def num_classes(dataset_cfg):
    if dataset_cfg.type == 'MiniStreetsDataset':
        return get_class_set('ministreets').num_classes
    return get_class_set(dataset_cfg.get('class_set', CAMVID11.name)).num_classes


@pytest.mark.parametrize('path', LEAVES, ids=ids(LEAVES))
def test_config(path):
    cfg = Config.fromfile(path)
    assert cfg.custom_imports.imports == ['semgan_aug'] and cfg.default_scope == 'mmseg'
    # The U-Net of the CPU profile halves its input four times.
    assert cfg.model.data_preprocessor.size_divisor == (16 if 's2w32' in path.stem else 8)
    heads = [cfg.model.decode_head, *filter(None, [cfg.model.get('auxiliary_head')])]
    train, val = cfg.train_dataloader.dataset, cfg.val_dataloader.dataset
    for dataset in [*datasets(train), val]:
        assert {head.num_classes for head in heads} == {num_classes(dataset)}
        assert all(step.type in TRANSFORMS for step in dataset.pipeline)
    loads = [step.type for step in val.pipeline]
    assert 'Resize' not in loads[loads.index('LoadAnnotations') :]
    assert cfg.train_cfg.max_iters % cfg.train_cfg.val_interval == 0


@pytest.mark.parametrize('path', SEMGAN, ids=ids(SEMGAN))
def test_semgan_leaf_adds_one_step(path):
    assert len(SEMGAN) == len(PLAIN)
    plain = Config.fromfile(path.with_name(path.name.replace('-semgan', '')))
    cfg = Config.fromfile(path)
    steps = cfg.train_dataloader.dataset.pipeline
    (index,) = [i for i, step in enumerate(steps) if step.type == 'SemGANTranslate']
    # The override that the leaf's first lines tell.
    assert f'train_dataloader.dataset.pipeline.{index}.ckpt=' in path.read_text()
    cfg.merge_from_dict({f'train_dataloader.dataset.pipeline.{index}.ckpt': 'other.pth'})
    steps = cfg.train_dataloader.dataset.pipeline
    assert steps[index].ckpt == 'other.pth'
    assert index > [step.type for step in steps].index('LoadAnnotations')
    assert not any(step.type.startswith('Random') for step in steps[:index])
    del steps[index]
    assert steps == plain.train_dataloader.dataset.pipeline
    assert cfg.val_dataloader == plain.val_dataloader


@pytest.mark.parametrize('path', SEMGAN, ids=ids(SEMGAN))
def test_checkpoint_is_one_that_a_semgan_config_writes(path):
    name, iteration = Path(Config.fromfile(path).ckpt).parts[-2:]
    trained = Config.fromfile(ROOT / 'semgan' / f'{name}.py')
    assert iteration == f'iter_{trained.train_cfg.max_iters}.pth'


@pytest.mark.parametrize('path', PLAIN, ids=ids(PLAIN))
def test_model_builds_and_gives_one_map_per_class(path):
    cfg = Config.fromfile(path)
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
        logits = model.eval()._forward(torch.rand(1, 3, 64, 96))
    # Of the input's size: DRN ends at an eighth, DeepLabV3+ at a quarter.
    size = dict(DRN=(8, 12), ResNetV1c=(16, 24), UNet=(64, 96))[cfg.model.backbone.type]
    if 's2w32' in path.stem:
        size = (32, 48)
    assert logits.shape == (1, cfg.model.decode_head.num_classes, *size)


@pytest.mark.parametrize('path', BENCHMARK, ids=ids(BENCHMARK))
def test_benchmark_data(path, semgan_data, monkeypatch):
    monkeypatch.setenv('SEMGAN_DATA', str(semgan_data))
    cfg = Config.fromfile(path)
    train, val = (
        DATASETS.build(cfg.train_dataloader.dataset),
        DATASETS.build(cfg.val_dataloader.dataset),
    )
    dusk = 'dusk' in path.stem
    row = path.stem.rsplit('-', 1)[1]
    counts = dict(few=305 + 300 if dusk else 40, oracle=42 if dusk else 101)
    assert len(train) == counts.get(row, 305 if dusk else 20)
    assert len(val) == (20 if dusk else 102)
    height, width = map(int, re.search(r'-(\d+)x(\d+)', path.stem).groups())
    sample = train[len(train) - 1]
    assert sample['inputs'].shape == (3, height, width)
    assert sample['data_samples'].gt_sem_seg.shape == (height, width)
    sample = val[0]
    assert sample['data_samples'].gt_sem_seg.shape == (360, 480)
    assert sample['inputs'].shape == ((3, 180, 240) if height == 144 else (3, 360, 480))
