"""A training that was killed and resumed is the training that was not."""

import os
import random
import subprocess
import sys

import pytest
import tiny
import torch

from semgan_aug import load_translator
from semgan_aug.translator.checkpoint import latest_checkpoint

TRAIN = tiny.REPO / 'tools' / 'train_semgan.py'
ITERATIONS = 40


def same(one, two) -> bool:
    """Equal to the last bit, in whatever containers."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, two)
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[k], two[k]) for k in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(two) and all(map(same, one, two))
    return one == two


def command(config, work_dir, ranks):
    options = ['train_dataloader.num_workers=2', 'train_dataloader.persistent_workers=True']
    options += ['model.discriminator_sees=gumbel', 'model.ema_decay=0.9']
    arguments = ['--work-dir', work_dir, '--resume', '--cfg-options', *options]
    start = [sys.executable, TRAIN, config]
    if ranks > 1:
        start = [tiny.REPO / 'tools' / 'dist_train.sh', config, ranks]
        arguments += ['env_cfg.dist_cfg.backend=gloo']
    return [str(part) for part in (*start, *arguments)]


@pytest.mark.slow
@pytest.mark.parametrize('ranks', [1, 2])
def test_killed_anywhere_and_resumed_is_bit_identical(frames, tmp_path, ranks):
    """With data workers and the running mean on. SEMGAN_KILL_ROUNDS=20 kills more often."""
    config = tiny.write_semgan_config(tmp_path, frames, iters=ITERATIONS, interval=5)
    straight = tmp_path / 'straight'
    done = tiny.call(*command(config, straight, ranks), cwd=tmp_path, PORT=tiny.free_port())
    assert done.returncode == 0, done.stdout
    expected = torch.load(straight / f'iter_{ITERATIONS}.pth', weights_only=True)
    assert len(expected['semgan_pools']['pool_T']) == 2 * ranks  # tiny's pool, full
    saved = [(straight / f'iter_{i}.pth').stat().st_mtime for i in (5, ITERATIONS)]
    duration = (saved[1] - saved[0]) * ITERATIONS / (ITERATIONS - 5)

    for number in range(int(os.environ.get('SEMGAN_KILL_ROUNDS', 1))):
        work_dir = tmp_path / f'killed{number}'
        moment = random.uniform(0, duration)
        with open(tmp_path / 'log', 'w') as log:
            process = subprocess.Popen(
                command(config, work_dir, ranks),
                env=tiny.environment(PORT=tiny.free_port()),
                cwd=tmp_path,
                stdout=log,
                stderr=log,
            )
            tiny.kill_when(process, lambda w=work_dir: any(w.glob('*.py')), after=moment)
        at = latest_checkpoint(work_dir)  # each file there is whole
        assert at == max(work_dir.glob('iter_*.pth'), key=lambda p: int(p.stem[5:]), default=None)
        done = tiny.call(*command(config, work_dir, ranks), cwd=tmp_path, PORT=tiny.free_port())
        assert done.returncode == 0, done.stdout
        assert ('resumed epoch: 0, iter:' in done.stdout) == (at is not None)
        found = torch.load(work_dir / f'iter_{ITERATIONS}.pth', weights_only=True)
        for part in ('state_dict', 'optimizer', 'param_schedulers', 'semgan_pools'):
            assert same(expected[part], found[part]), part
        # The next sample: the log of every iteration's losses agrees, too.
        name = 'train/loss_eq3_dom_G'
        assert same(*(run['message_hub']['log_scalars'][name] for run in (expected, found)))
        print(
            f'{ranks} process(es), round {number + 1}: killed {moment:.2f} s of {duration:.2f} s '
            f'into training, resumed from {at and at.name}: bit-identical'
        )


@pytest.mark.slow
@pytest.mark.parametrize('first, then', [(2, 1), (1, 2)])
def test_resumed_by_another_number_of_processes(frames, tmp_path, first, then):
    config = tiny.write_semgan_config(tmp_path, frames, iters=4, interval=2)
    work_dir = tmp_path / 'work'
    done = tiny.call(*command(config, work_dir, first), cwd=tmp_path, PORT=tiny.free_port())
    assert done.returncode == 0, done.stdout
    half = torch.load(work_dir / 'iter_4.pth', weights_only=True)
    load_translator(work_dir / 'iter_4.pth')
    assert [p.name for p in (work_dir / 'pictures').iterdir()] == ['iter_000004.png']  # rank 0's
    config.write_text(config.read_text() + '\ntrain_cfg = dict(max_iters=6)\n')
    done = tiny.call(*command(config, work_dir, then), cwd=tmp_path, PORT=tiny.free_port())
    assert done.returncode == 0, done.stdout
    end = torch.load(work_dir / 'iter_6.pth', weights_only=True)
    assert end['meta']['iter'] == 6 and end['state_dict'].keys() == half['state_dict'].keys()
    steps = [run['optimizer']['generators']['state'][0]['step'] for run in (half, end)]
    assert [int(step) for step in steps] == [4, 6]
    assert len(end['semgan_pools']['pool_T']) == 2 * then  # tiny's pool, full
