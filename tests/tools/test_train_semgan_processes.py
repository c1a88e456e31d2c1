"""tools/train_semgan.py in processes of its own: killed, resumed, several at once."""

import subprocess
import sys
import warnings
from copy import deepcopy

import pytest
import tiny
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from semgan_aug.engine.config import training_config
from semgan_aug.translator.checkpoint import latest_checkpoint

TRAIN = tiny.REPO / 'tools' / 'train_semgan.py'


@pytest.fixture
def config(tmp_path, frames):
    return tiny.write_semgan_config(tmp_path, frames)


def weights(path) -> dict:
    return torch.load(path, weights_only=True)['state_dict']


def equal(one: dict, two: dict) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[k], two[k]) for k in one)


@pytest.mark.slow
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


@pytest.mark.slow
def test_resume_restores_everything_that_was_saved(config, trained, tmp_path):
    newest = tmp_path / 'iter_4.pth'
    newest.write_bytes((trained / 'iter_4.pth').read_bytes())
    cfg = training_config(config, str(tmp_path), True, {'train_cfg.max_iters': 5})
    assert_resumes_from(newest, resumed_state(cfg, tmp_path), 4)
    assert not equal(weights(tmp_path / 'iter_5.pth'), weights(newest))


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


@pytest.mark.slow
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
