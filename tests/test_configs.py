"""Every config of mmseg_configs/ parses, builds and fits its data; the template trains."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.registry import DATASETS, HOOKS, MODELS, TRANSFORMS

import semgan_aug  # noqa: F401
from semgan_aug.benchmark.suite import Suite
from semgan_aug.core.classes import CAMVID11, MINISTREETS, get_class_set
from semgan_aug.translator import load_translator

ROOT = tiny.REPO / 'mmseg_configs'
FILES = sorted(ROOT.rglob('*.py'))
TEMPLATE = ROOT / 'semgan' / 'semgan_my_data.py'
LEAVES = sorted(p for net in ('drn', 'deeplabv3plus', 'unet') for p in ROOT.glob(f'{net}/*.py'))
SEMGAN = [p for p in LEAVES if p.stem.endswith('-semgan')]
PLAIN = [p for p in LEAVES if p not in SEMGAN]
METHODS = ('cyclegan', 'semgan', 'sggan', 'unit')
TRANSLATORS = sorted(p for method in METHODS for p in ROOT.glob(f'{method}/*.py'))
BASELINES = [p for p in TRANSLATORS if p.parent.name != 'semgan']
SUITES = sorted(p.stem for p in ROOT.glob('suites/*.py'))


def ids(paths):
    return [p.stem for p in paths]


def bases(path):
    """The files that a config's ``_base_`` names."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == '_base_':
            named = ast.literal_eval(node.value)
            named = [named] if isinstance(named, str) else named
            return [(path.parent / name).resolve() for name in named]
    return []


def depth(path):
    return 1 + max((depth(base) for base in bases(path)), default=0)


def datasets(cfg):
    """The plain dataset configs inside wrappers."""
    if 'datasets' in cfg:
        return [d for inner in cfg.datasets for d in datasets(inner)]
    return datasets(cfg.dataset) if 'dataset' in cfg else [cfg]


def num_classes(dataset_cfg):
    if dataset_cfg.type == 'MiniStreetsDataset':
        return MINISTREETS.num_classes
    if 'metainfo' in dataset_cfg:
        return len(dataset_cfg.metainfo.classes)
    return get_class_set(dataset_cfg.get('class_set', CAMVID11.name)).num_classes


# The layout


def test_few_files():
    """Each further translator may have a config for each of the three scenes."""
    assert len(FILES) < 45 + 3 * (len(METHODS) - 4)


@pytest.mark.parametrize('path', FILES, ids=ids(FILES))
def test_no_file_is_deeper_than_three_levels(path):
    assert depth(path) <= 3
    # A config that deletes what it inherits has the wrong base.
    assert '_delete_' not in path.read_text()


def test_no_base_is_unused():
    used = {base for path in FILES for base in bases(path)}
    assert {p for p in FILES if '_base_' in p.parts} == {p for p in used if '_base_' in p.parts}


# Segmenters


@pytest.mark.parametrize('path', LEAVES, ids=ids(LEAVES))
def test_config(path):
    cfg = Config.fromfile(path)
    assert cfg.custom_imports.imports == ['semgan_aug'] and cfg.default_scope == 'mmseg'
    # The U-Net of the suite dusk halves its input four times.
    assert cfg.model.data_preprocessor.size_divisor == (16 if 's2w32' in path.stem else 8)
    heads = [cfg.model.decode_head, *filter(None, [cfg.model.get('auxiliary_head')])]
    train, val = cfg.train_dataloader.dataset, cfg.val_dataloader.dataset
    for dataset in [*datasets(train), val]:
        assert {head.num_classes for head in heads} == {num_classes(dataset)}
        assert all(step.type in TRANSFORMS for step in dataset.pipeline)
    loads = [step.type for step in val.pipeline]
    assert 'Resize' not in loads[loads.index('LoadAnnotations') :]
    assert cfg.train_cfg.max_iters % cfg.train_cfg.val_interval == 0
    assert cfg.train_cfg.max_iters % cfg.default_hooks.checkpoint.interval == 0


@pytest.mark.parametrize('path', SEMGAN, ids=ids(SEMGAN))
def test_semgan_leaf_adds_one_step(path):
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


def test_data_of_the_suite_dusk(semgan_data, monkeypatch):
    monkeypatch.setenv('SEMGAN_DATA', str(semgan_data))
    cfg = Config.fromfile(ROOT / 'unet' / 'unet_s2w32_600_day2dusk-144x192.py')
    counts = dict(source=305, target_few=20, target_all=42)
    assert {name: len(DATASETS.build(cfg[name])) for name in counts} == counts
    train = DATASETS.build(cfg.train_dataloader.dataset)
    val = DATASETS.build(cfg.val_dataloader.dataset)
    assert (len(train), len(val)) == (305, 20)
    sample = train[len(train) - 1]
    assert sample['inputs'].shape == (3, 144, 192)
    assert sample['data_samples'].gt_sem_seg.shape == (144, 192)
    sample = val[0]
    assert sample['data_samples'].gt_sem_seg.shape == (360, 480)
    assert sample['inputs'].shape == (3, 180, 240)


# Translators


@pytest.mark.parametrize('path', TRANSLATORS, ids=ids(TRANSLATORS))
def test_translator(path):
    cfg = Config.fromfile(path)
    assert cfg.custom_imports.imports == ['semgan_aug'] and cfg.default_scope == 'mmseg'
    data = cfg.train_dataloader.dataset
    assert data.type == 'UnpairedDataset'
    for domain in (data.source, data.target):
        assert domain.type in DATASETS and num_classes(domain) == cfg.model.num_classes
        assert [step.type for step in domain.pipeline][-1] == 'PackSegInputs'
        assert all(step.type in TRANSFORMS for step in domain.pipeline)
    assert all(hook.type in HOOKS for hook in [*cfg.custom_hooks, *cfg.default_hooks.values()])
    iters = cfg.train_cfg.max_iters
    assert iters % cfg.default_hooks.checkpoint.interval == 0
    (falls,) = cfg.param_scheduler
    assert (falls.begin, falls.end) == (iters // 2, iters)
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
    assert model.num_classes == cfg.model.num_classes


@pytest.mark.parametrize('path', BASELINES, ids=ids(BASELINES))
def test_baseline_differs_from_semgan_in_the_method_alone(path):
    """The same frames, schedule and hooks; UNIT and CycleGAN read no labels, so they use all."""
    scene = re.search(r'_(\d+k?_\w+2\w+-\d+x\d+)$', path.stem)[1]
    (semgan,) = ROOT.glob(f'semgan/*_{scene}.py')
    cfg, reference = Config.fromfile(path), Config.fromfile(semgan)
    different = {k for k in {*cfg, *reference} if cfg.get(k) != reference.get(k)} - {'adam'}
    expected = {'model'}
    if path.parent.name in ('cyclegan', 'unit'):
        expected.add('train_dataloader')
        target, few = (c.train_dataloader.dataset.pop('target') for c in (cfg, reference))
        assert cfg.train_dataloader == reference.train_dataloader
        (key,) = [k for k in {*target, *few} if target.get(k) != few.get(k)]
        assert key in ('num_frames', 'indices', 'ann_file')
    if path.stem.startswith('unit_r9w64'):  # its own rate and weight decay
        expected.add('optim_wrapper')
    assert different == expected


# Suites


@pytest.mark.parametrize('name', SUITES)
def test_suite_names_configs_and_entries_that_exist(name):
    suite = Suite.load(name)
    for training in suite.translators.values():
        cfg = Config.fromfile(training.path)
        for key in training.options:
            # Every mmseg dataset takes `indices`.
            assert key.startswith('model.') or key.endswith('.target.indices')
        cfg.merge_from_dict(training.options)
        with torch.device('meta'):  # refuses an option that its class does not have
            MODELS.build(cfg.model)
    (segmenter,) = {training.path for training in suite.rows.values()}
    cfg = Config.fromfile(segmenter)
    for training in suite.rows.values():
        for dataset in (training.training_data.get(k) for k in ('train', 'mix')):
            assert dataset is None or dataset in cfg


@pytest.mark.parametrize('name', [s for s in SUITES if s.startswith('gta5_cityscapes')])
def test_full_scale_suite_has_rows_with_rare_class_sampling(name):
    suite = Suite.load(name)
    for row, translator in (('source_rare', None), ('semgan_rare', 'semgan')):
        training = suite.rows[row]
        assert training.translator == translator
        wrapper = Config.fromfile(training.path)[training.training_data['train']]
        assert wrapper.type == 'RareClassDataset'
        assert wrapper.dataset == Config.fromfile(training.path).source


# The template for a user's own data


def train_two_iterations(cfg, folder):
    """With tiny networks and no worker processes."""
    cfg.merge_from_dict(
        {
            'model.generator': dict(base_channels=4, num_blocks=1),
            'model.discriminator': dict(base_channels=4, num_strided=1),
            'train_dataloader.num_workers': 0,
            'train_dataloader.persistent_workers': False,
            'train_cfg.max_iters': 2,
            'visualizer.name': f'visualizer {folder}',
            'work_dir': str(folder / 'work'),
            'experiment_name': str(folder),
        }
    )
    Runner.from_cfg(cfg).train()
    return load_translator(folder / 'work' / 'iter_2.pth')


def test_template_has_ten_numbered_entries():
    numbers = re.findall(r'^# (\d+)\. .+\n\w+ = ', TEMPLATE.read_text(), re.MULTILINE)
    assert numbers == [str(i) for i in range(1, 11)]


@pytest.mark.slow
def test_template_trains_on_the_frames_of_the_demo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for domain in ('game', 'camera'):
        frames = dict(type='MiniStreetsDataset', domain=domain, num_frames=2)
        assert len(DATASETS.build(frames)) == 2
    cfg = Config.fromfile(TEMPLATE)
    translator = train_two_iterations(cfg, tmp_path)
    assert tuple(translator.classes) == MINISTREETS.classes


@pytest.mark.slow
def test_template_trains_on_other_folders(tmp_path):
    """As a user changes it: each numbered entry gets a new value, the rest stays."""
    rng = np.random.default_rng(0)
    for root in ('game', 'camera'):
        tiny.write_frames(tmp_path / root, [rng.integers(0, 3, (40, 60)) for _ in range(2)])
        for old, new in (('images', 'photos'), ('labels', 'maps')):
            (tmp_path / root / old).rename(tmp_path / root / new)
        for path in (tmp_path / root / 'maps').iterdir():
            path.rename(path.with_name(f'{path.stem}_ids.png'))
    folders = dict(img_path='photos', seg_map_path='maps')
    suffix = dict(img_suffix='.png', seg_map_suffix='_ids.png')
    values = dict(
        classes=('street', 'house', 'air'),
        source_root=str(tmp_path / 'game'),
        source_prefix=folders,
        source_suffix=suffix,
        target_root=str(tmp_path / 'camera'),
        target_prefix=folders,
        target_suffix=suffix,
        scale=(48, 32),
        crop_size=(16, 24),
        max_iters=2,
    )
    text = TEMPLATE.read_text().replace("'../_base_/", f"'{ROOT}/_base_/")
    for name, value in values.items():
        # An entry ends with its line, or with the parenthesis that closes its lines.
        entry = rf'^{name} = (\(\n.*?^\)|[^\n]*)$'
        text, count = re.subn(entry, f'{name} = {value!r}', text, flags=re.MULTILINE | re.DOTALL)
        assert count == 1
    (tmp_path / 'mine.py').write_text(text)
    cfg = Config.fromfile(tmp_path / 'mine.py')
    assert cfg.train_cfg.max_iters == 2 and cfg.param_scheduler[0].begin == 1
    sample = DATASETS.build(cfg.train_dataloader.dataset)[1]
    assert sample['inputs']['source'].shape == sample['inputs']['target'].shape == (3, 16, 24)
    translator = train_two_iterations(cfg, tmp_path)
    assert list(translator.classes) == ['street', 'house', 'air']
