"""The commands: our training, its resume, several processes, and mmseg's own tools/train.py."""

import importlib.util
import re
import runpy
import subprocess
import sys
import warnings
from copy import deepcopy
from pathlib import Path

import mmseg
import numpy as np
import pytest
import tiny
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import DATASETS, HOOKS

from semgan_aug.core.errors import InputError
from semgan_aug.engine.config import training_config
from semgan_aug.translator.checkpoint import CheckpointError, latest_checkpoint

TRAIN = tiny.REPO / 'tools' / 'train_semgan.py'
CONFIGS = tiny.REPO / 'mmseg_configs'
MMSEG = Path(mmseg.__file__).parent / '.mim'


@pytest.fixture
def config(tmp_path, frames):
    return tiny.write_semgan_config(tmp_path, frames)


def weights(path) -> dict:
    return torch.load(path, weights_only=True)['state_dict']


def equal(one: dict, two: dict) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[k], two[k]) for k in one)


def main_ends_with(monkeypatch, *arguments) -> str:
    """What train_semgan.py says when it refuses; SystemExit with a text is exit status 1."""
    monkeypatch.setattr(sys, 'argv', ['train_semgan.py', *map(str, arguments)])
    spec = importlib.util.spec_from_file_location('train_semgan', TRAIN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(SystemExit) as error:
        module.main()
    assert isinstance(error.value.code, str)
    tiny.assert_one_sentence(error.value.code)
    return error.value.code


def test_what_shows_only_in_training(monkeypatch, config, tmp_path):
    said = main_ends_with(monkeypatch, config, '--cfg-options', 'model.num_classes=11')
    assert 'num_classes=11, but the data has 10 classes' in said


@pytest.mark.parametrize(
    'options, message',
    [
        (['model.emadecay=0.9'], "unexpected keyword argument 'emadecay'"),
        (['optim_wrapper.generators.optimizer.lr=nan'], 'generators .*Invalid learning rate: nan'),
        (['optim_wrapper.generators.optimizer.type=Adamm'], 'Adamm is not in the mmseg::optimizer'),
        (['optim_wrapper.generators.accumulative_counts=0'], 'accumulative_counts is below 1'),
        (['optim_wrapper.generator.type=OptimWrapper'], "exactly 'generators' and 'discrim"),
        (['model.compile=yes'], "compile is 'yes', but True, False"),
        (['model.generator.amp_dtype=half'], "amp_dtype is 'half', but None or one of"),
        (['model.ema_decay=1'], 'ema_decay is 1, but 0 ... 1'),
        (
            ['model.weights.dom=0', 'model.weights.rec_image=0', 'model.weights.rec_classes=0']
            + ['model.discriminator_sees=argmax'],
            'no loss reaches the class map',
        ),
    ],
)
def test_wrong_config(monkeypatch, config, tmp_path, options, message):
    arguments = [config, '--work-dir', tmp_path / 'work', '--cfg-options', *options]
    assert re.search(message, main_ends_with(monkeypatch, *arguments))


def test_configs_that_are_none(monkeypatch, tmp_path):
    (tmp_path / 'broken.py').write_text('model = dict(')
    assert 'is no valid Python' in main_ends_with(monkeypatch, tmp_path / 'broken.py')
    segmenter = tiny.REPO / 'mmseg_configs' / 'drn' / 'drn_c26_100k_gta2cityscapes-768x768.py'
    assert "trains 'EncoderDecoder', which is no" in main_ends_with(monkeypatch, segmenter)


def test_a_place_that_cannot_be_written(monkeypatch, config):
    said = main_ends_with(monkeypatch, config, '--work-dir', '/proc/nowhere')
    assert '/proc/nowhere' in said and 'choose another --work-dir' in said


def test_other_processes_say_nothing(monkeypatch, config):
    monkeypatch.setenv('RANK', '1')
    monkeypatch.setattr(sys, 'argv', ['train_semgan.py', str(config), '--cfg-options', 'resume=1'])
    with pytest.raises(SystemExit) as error:
        runpy.run_path(str(TRAIN))['refuse']('a sentence')
    assert error.value.code == 1


@pytest.mark.parametrize('what', ['images', 'labels'])
@pytest.mark.parametrize('size', [0, 30, 200])
def test_a_broken_file_is_named(frames, tmp_path, what, size):
    root = tmp_path / 'raw'
    rng = np.random.default_rng(0)
    tiny.write_frames(root, [rng.integers(0, 3, (32, 32)) for _ in range(2)])
    path = root / what / '1.png'
    path.write_bytes(path.read_bytes()[:size])
    domain = tiny.folder_dataset(root)
    dataset = DATASETS.build(dict(type='UnpairedDataset', source=domain, target=domain))
    with pytest.raises(InputError, match='cannot be read .*; copy the file again') as error:
        for _ in range(9):  # whichever partner is drawn
            dataset[1]
    assert str(path) in str(error.value)
    tiny.assert_one_sentence(str(error.value))


@pytest.mark.parametrize('workers', [0, 1])
def test_raw_ids_met_by_a_worker(monkeypatch, frames, tmp_path, workers):
    config = tiny.write_semgan_config(tmp_path, frames)
    tiny.write_frames(tmp_path / 'raw', [np.full((32, 32), 7), np.full((32, 32), 7)])
    domain = tiny.folder_dataset(tmp_path / 'raw')
    loader = dict(
        batch_size=1,
        num_workers=workers,
        sampler=dict(type='SeededInfiniteSampler', shuffle=True),
        dataset=dict(type='UnpairedDataset', source=domain, target=domain),
    )
    text = config.read_text().replace('num_classes=10', 'num_classes=3')
    config.write_text(f'{text}\ntrain_dataloader = {loader}\n')
    said = main_ends_with(monkeypatch, config, '--work-dir', tmp_path / 'work')
    assert 'holds the ids [7]' in said and str(tmp_path / 'raw' / 'images') in said


# One process


def test_train_kill_and_resume(config, tmp_path):
    """kill -9 in the middle, a half-written last checkpoint, and --resume: nothing is lost."""
    work_dir = tmp_path / 'work'
    command = [sys.executable, TRAIN, config, '--work-dir', work_dir, '--amp', '--cfg-options']
    hooks = [hook.type for hook in Config.fromfile(config).custom_hooks]
    pictures = f'custom_hooks.{hooks.index("PicturesHook")}.interval=1000000'
    options = ['default_hooks.checkpoint.interval=5', pictures]
    command = [str(c) for c in (*command, *options)]
    with open(tmp_path / 'log', 'w') as log:
        process = subprocess.Popen(
            [*command, 'train_cfg.max_iters=100000'],
            env=tiny.environment(),
            cwd=tmp_path,
            stdout=log,
            stderr=log,
        )
        tiny.kill_when(process, (work_dir / 'iter_15.pth').exists)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        newest = latest_checkpoint(work_dir)  # the killed process may have broken the last one
    broken = work_dir / f'iter_{int(newest.stem[5:]) + 5}.pth'
    broken.write_bytes(newest.read_bytes()[:5000])
    end = int(newest.stem[5:]) + 7

    done = tiny.call(*command, f'train_cfg.max_iters={end}', '--resume', cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert f'{broken} ' in done.stdout and f'Going on from {newest}' in done.stdout
    assert f'resumed epoch: 0, iter: {newest.stem[5:]}' in done.stdout
    assert latest_checkpoint(work_dir).name == f'iter_{end}.pth'
    assert f'Iter(train) [{end}/{end}]' in done.stdout
    assert (work_dir / 'pictures' / f'iter_{end:06d}.png').exists()  # the last is always drawn
    assert 'amp_dtype' not in str(torch.load(work_dir / f'iter_{end}.pth')['semgan_aug'])
    assert "amp_dtype='bfloat16'" in (work_dir / config.name).read_text()


@HOOKS.register_module()
class SeenAtStartHook(Hook):
    """Keeps the state that a training starts from."""

    state: dict = {}

    def before_train(self, runner):
        self.state.update(
            weights={k: v.clone() for k, v in runner.model.state_dict().items()},
            optimizers={
                name: deepcopy(wrapper.optimizer.state_dict())
                for name, wrapper in runner.optim_wrapper.items()
            },
            iteration=runner.iter,
            scalars=deepcopy(dict(runner.message_hub.log_scalars)),
        )


def resumed_state(cfg, folder) -> dict:
    cfg.custom_hooks.append(dict(type='SeenAtStartHook'))
    cfg.experiment_name = str(folder)
    runner = Runner.from_cfg(cfg)
    runner.train()
    return SeenAtStartHook.state


def assert_resumes_from(path, state, iteration):
    saved = torch.load(path, weights_only=True)
    assert state['iteration'] == iteration
    assert equal(state['weights'], saved['state_dict'])
    for name, optimizer in saved['optimizer'].items():
        moments = state['optimizers'][name]['state']
        assert len(moments) == len(optimizer['state']) > 0
        for i, values in optimizer['state'].items():
            assert torch.equal(moments[i]['exp_avg'], values['exp_avg'])
    logged = state['scalars']['train/loss_eq3_dom_G'].data[0].tolist()
    assert logged[:iteration] == saved['message_hub']['log_scalars']['train/loss_eq3_dom_G'][0]


def test_resume_restores_everything_that_was_saved(config, trained, tmp_path):
    newest = tmp_path / 'iter_4.pth'
    newest.write_bytes((trained / 'iter_4.pth').read_bytes())
    cfg = training_config(config, str(tmp_path), True, {'train_cfg.max_iters': 5})
    assert_resumes_from(newest, resumed_state(cfg, tmp_path), 4)
    assert not equal(weights(tmp_path / 'iter_5.pth'), weights(newest))


def test_no_checkpoint_yet_starts_from_the_beginning(config, tmp_path):
    cfg = training_config(config, str(tmp_path / 'new'), resume=True)
    assert not cfg.resume and cfg.load_from is None


def test_default_work_dir(config):
    assert training_config(config).work_dir == 'work_dirs/tiny_semgan'


def test_wrong_config_path(monkeypatch, tmp_path):
    message = main_ends_with(monkeypatch, tmp_path / 'none.py')
    assert f'there is no config at {tmp_path}/none.py' in message


@pytest.mark.parametrize('how', ['--resume', 'resume=True', 'load_from'])
def test_hostile_checkpoint_in_the_work_dir(monkeypatch, config, tmp_path, how):
    trace, evil = tmp_path / 'it_ran', tmp_path / 'work' / 'iter_9.pth'
    evil.parent.mkdir()
    torch.save(dict(state_dict={}, meta=tiny.Hostile(trace)), evil)
    (evil.parent / 'last_checkpoint').write_text(str(evil))
    options = ['--resume'] if how == '--resume' else ['--cfg-options', how]
    if how == 'load_from':
        options[-1] += f'={evil}'
    message = main_ends_with(monkeypatch, config, '--work-dir', evil.parent, *options)
    assert str(evil) in message and 'data only' in message
    assert not trace.exists()


def test_hostile_pretrained_backbone(tmp_path):
    trace, evil = tmp_path / 'it_ran', tmp_path / 'evil.pth'
    torch.save(dict(state_dict={}, meta=tiny.Hostile(trace)), evil)
    options = {'model.backbone.init_cfg': dict(type='Pretrained', checkpoint=str(evil))}
    config = tiny.REPO / 'mmseg_configs' / 'drn' / 'drn_c26_100k_gta2cityscapes-768x768.py'
    with pytest.raises(CheckpointError, match='data only'):
        training_config(config, options=options)
    assert not trace.exists()


def test_missing_load_from(config, tmp_path):
    with pytest.raises(CheckpointError, match='there is no checkpoint at'):
        training_config(config, options=dict(load_from=str(tmp_path / 'none.pth')))


# Several processes

RANK_HOOK = """
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmseg.registry import DATASETS, HOOKS

@HOOKS.register_module()
class KeepRankHook(Hook):
    frames = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        samples = data_batch['data_samples']
        self.frames.append([samples[d][0].img_path for d in ('source', 'target')])
        self.frames[-1].append(data_batch['inputs']['source'][0])

    def after_train(self, runner):
        weights = runner.model.module.state_dict()
        torch.save((weights, self.frames), f'{runner.work_dir}/rank{get_rank()}.pt')
"""


def test_two_processes_and_their_checkpoint_in_one(config, tmp_path):
    (tmp_path / 'rank_hook.py').write_text(RANK_HOOK)
    config.write_text(
        config.read_text()
        + "custom_imports = dict(imports=['semgan_aug', 'rank_hook'], allow_failed_imports=False)\n"
        + "custom_hooks = [dict(type='ClassColorsHook'), dict(type='CheckpointCardHook'),\n"
        + "    dict(type='PlainCheckpointHook'),\n"
        + "    dict(type='PicturesHook'), dict(type='KeepRankHook')]\n"
    )
    work_dir = tmp_path / 'work'
    done = tiny.call(
        tiny.REPO / 'tools' / 'dist_train.sh',
        config,
        2,
        '--work-dir',
        work_dir,
        '--cfg-options',
        'env_cfg.dist_cfg.backend=gloo',
        'train_cfg.max_iters=3',
        cwd=tmp_path,
        PORT=tiny.free_port(),
        PYTHONPATH=str(tmp_path),
    )
    assert done.returncode == 0, done.stdout
    (one, frames_one), (two, frames_two) = (
        torch.load(work_dir / f'rank{rank}.pt', weights_only=True) for rank in (0, 1)
    )
    # Each rank saw its own samples, and yet they agree: gradients were exchanged.
    assert len(frames_one) == 3
    assert not all(torch.equal(a[2], b[2]) for a, b in zip(frames_one, frames_two))
    assert equal(one, two)
    # The checkpoint has the keys of a model in one process, and its last weights.
    assert equal(weights(work_dir / 'iter_3.pth'), one)
    parts = {'G', 'F', 'D_T', 'D_S', 'colors_T', 'colors_S', 'draws'}
    assert {name.partition('.')[0] for name in one} == parts

    (tmp_path / 'single').mkdir()
    alone = tiny.write_semgan_config(tmp_path / 'single', tmp_path / 'frames')
    cfg = training_config(alone, str(work_dir), True, {'train_cfg.max_iters': 4})
    assert_resumes_from(work_dir / 'iter_3.pth', resumed_state(cfg, tmp_path), 3)


@pytest.mark.parametrize('gpus', ['two', '0', '-1'])
def test_dist_train_with_a_wrong_number(tmp_path, gpus):
    done = tiny.call(tiny.REPO / 'tools' / 'dist_train.sh', 'c.py', gpus, cwd=tmp_path)
    assert done.returncode == 2 and f"GPUS is '{gpus}', but a number from 1" in done.stdout
    tiny.assert_one_sentence(done.stdout)


def test_dist_train_without_arguments_says_how(tmp_path):
    done = tiny.call(tiny.REPO / 'tools' / 'dist_train.sh', cwd=tmp_path)
    assert done.returncode == 2 and done.stdout.startswith('usage:')


# mmseg's own tool

DATA = """
source = dict(type='MiniStreetsDataset', domain='game', num_frames=3, size=(24, 32),
    data_root='{frames}', pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='SemGANTranslate', ckpt='{ckpt}'),
        dict(type='RandomFlip', prob=0.5),
        dict(type='PackSegInputs')])
target = dict(type='MiniStreetsDataset', domain='camera', num_frames=2, size=(24, 32),
    data_root='{frames}', test_mode=True, pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='PackSegInputs')])
train_dataloader = dict(batch_size=2, num_workers={workers}, persistent_workers=False,
    dataset=dict(_delete_=True, **source))
val_dataloader = dict(num_workers=0, persistent_workers=False,
    dataset=dict(_delete_=True, **target))
test_dataloader = val_dataloader
train_cfg = dict(max_iters=2, val_interval=2)
default_hooks = dict(logger=dict(interval=1))
"""

STOCK = """
_base_ = '{base}'
custom_imports = dict(imports=['semgan_aug'], allow_failed_imports=False)
norm_cfg = dict(type='BN', requires_grad=True)
data_preprocessor = dict(size=(24, 32))
model = dict(
    pretrained=None,
    data_preprocessor=data_preprocessor,
    backbone=dict(depth=18, norm_cfg=norm_cfg),
    decode_head=dict(in_channels=512, channels=32, c1_in_channels=64, num_classes=10,
        norm_cfg=norm_cfg),
    auxiliary_head=dict(in_channels=256, channels=32, num_classes=10, norm_cfg=norm_cfg))
"""

OURS = """
_base_ = '{base}'
model = dict(decode_head=dict(num_classes=10))
"""


@pytest.mark.parametrize(
    'text, base, workers',
    [
        (OURS, CONFIGS / 'drn/drn_c26_100k_gta2cityscapes-768x768-semgan.py', 0),
        (
            STOCK,
            MMSEG / 'configs/deeplabv3plus/deeplabv3plus_r50-d8_4xb4-80k_ade20k-512x512.py',
            1,
        ),
    ],
    ids=['our DRN', 'stock DeepLabV3+'],
)
def test_mmseg_train_py(tmp_path, frames, ckpt, text, base, workers):
    """Unmodified, with a worker process or without; the translator is built in the pipeline."""
    config = tmp_path / 'user.py'
    config.write_text(
        text.format(base=base) + DATA.format(frames=frames, ckpt=ckpt, workers=workers)
    )
    cfg = Config.fromfile(config)
    assert cfg.default_scope == 'mmseg'
    done = tiny.call(
        sys.executable, MMSEG / 'tools/train.py', config, '--work-dir', tmp_path, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout
    assert 'Iter(train) [2/2]' in done.stdout and 'mIoU: ' in done.stdout
    assert (tmp_path / 'iter_2.pth').exists()
