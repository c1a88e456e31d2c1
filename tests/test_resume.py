"""A training that was killed and resumed is the training that was not."""

import random
import subprocess
import sys

import numpy as np
import pytest
import tiny
import torch

from semgan_aug import atomic_backend
from semgan_aug.checkpoint import latest_checkpoint
from semgan_aug.datasets.sampler import SampleIndex, SeededInfiniteSampler, random_numbers_of
from semgan_aug.encoding import encode_ids, join
from semgan_aug.models.pool import PairPool

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


def test_killed_anywhere_and_resumed_is_bit_identical(frames, tmp_path):
    config = tiny.write_semgan_config(tmp_path, frames, iters=ITERATIONS, interval=5)
    options = ['train_dataloader.num_workers=2', 'train_dataloader.persistent_workers=True']
    options += ['model.discriminator_sees=gumbel']
    runs = {}
    for name in ('straight', 'killed'):
        work_dir = tmp_path / name
        command = [sys.executable, TRAIN, config, '--work-dir', work_dir, '--resume']
        command = [str(c) for c in (*command, '--cfg-options', *options)]
        if name == 'killed':
            stop = work_dir / f'iter_{5 * random.randint(1, 6)}.pth'
            with open(tmp_path / 'log', 'w') as log:
                process = subprocess.Popen(
                    command, env=tiny.environment(), cwd=tmp_path, stdout=log, stderr=log
                )
                tiny.kill_when(process, stop.exists)
            # Written whole or not at all: each file there can be read.
            assert (
                latest_checkpoint(work_dir).name
                == max(work_dir.glob('iter_*.pth'), key=lambda p: int(p.stem[5:])).name
            )
        done = tiny.call(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        runs[name] = torch.load(work_dir / f'iter_{ITERATIONS}.pth', weights_only=True)
        if name == 'killed':
            assert 'resumed epoch: 0, iter:' in done.stdout
    straight, killed = runs.values()
    for part in ('state_dict', 'optimizer', 'param_schedulers', 'semgan_pools'):
        assert same(straight[part], killed[part]), part
    assert len(straight['semgan_pools']['pool_T']) == 2  # tiny's pool, full
    # The next sample: the log of every iteration's losses agrees, too.
    losses = [run['message_hub']['log_scalars']['train/loss_eq3_dom_G'] for run in runs.values()]
    assert same(*losses)


# Its parts


class Draws(torch.utils.data.Dataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        with random_numbers_of(index):
            return int(index), random.random(), np.random.rand(), torch.rand(()).item()


def draws(seed=0, workers=0, skip=0, count=12, rank=0, world_size=1):
    dataset = Draws()
    sampler = SeededInfiniteSampler(dataset, seed=seed)
    sampler.rank, sampler.world_size = rank, world_size
    sampler.indices = sampler._indices_of_rank()
    if skip:
        sampler.skip(skip)
    loader = torch.utils.data.DataLoader(
        dataset, batch_size=None, sampler=sampler, num_workers=workers
    )
    found = [tuple(map(float, sample)) for _, sample in zip(range(count), loader)]
    return found


def test_samples_depend_on_their_place_alone():
    expected = draws()
    random.seed(9), np.random.seed(9), torch.manual_seed(9)
    assert draws() == expected
    assert draws(workers=2) == expected
    assert draws(skip=7, count=5) == expected[7:]
    assert draws(seed=1) != expected
    assert len(set(expected)) == 12  # the second time round draws other numbers


def test_ranks_share_the_stream():
    ranks = [draws(count=6, rank=rank, world_size=2) for rank in (0, 1)]
    assert [sample for pair in zip(*ranks) for sample in pair] == draws()


def test_random_numbers_go_on_as_if_nothing_was_drawn():
    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    expected = random.random(), np.random.rand(), torch.rand(())
    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    with pytest.raises(KeyError), random_numbers_of(SampleIndex(3, seed=5)):
        random.random(), np.random.rand(), torch.rand(())
        raise KeyError
    assert (random.random(), np.random.rand(), torch.rand(())) == expected


def test_negative_skip():
    with pytest.raises(ValueError, match='non-negative, but got -1'):
        SeededInfiniteSampler(Draws(), seed=0).skip(-1)


def hard_pair(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, 3, (1, 8, 8), generator=generator)
    ids[0, 0] = 255
    return join(torch.rand(1, 3, 8, 8, generator=generator), encode_ids(ids, 3))


@pytest.mark.parametrize('soft', [False, True])
def test_pool_comes_back_exactly(soft):
    pool, again = PairPool(4), PairPool(4)
    for k in range(6):
        pair = hard_pair(k)
        pool.query(torch.cat([pair[:, :3], pair[:, 3:] * 0.9], 1) if soft else pair)
    state = pool.state_dict()
    assert (state[0][1].dtype == torch.uint8) != soft  # hard maps are stored as ids
    again.load_state_dict(state)
    assert same(again.pairs, pool.pairs)


def test_pools_of_ranks_are_dealt_out_anew():
    states = [PairPool(3) for _ in range(2)]
    for k in range(5):
        states[k % 2].query(hard_pair(k))
    merged = PairPool.merge([pool.state_dict() for pool in states])
    assert [int(image.sum() * 1e4) for image, _ in merged] == [
        int(hard_pair(k)[0, :3].sum() * 1e4) for k in range(5)
    ]
    one, two, alone = PairPool(3), PairPool(3), PairPool(3)
    one.load_state_dict(merged, 0, 2)
    two.load_state_dict(merged, 1, 2)
    alone.load_state_dict(merged)
    assert [len(pool.pairs) for pool in (one, two, alone)] == [3, 2, 3]
    assert same(one.pairs, states[0].pairs) and same(two.pairs, states[1].pairs)


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    backend, path = atomic_backend.AtomicLocalBackend(), tmp_path / 'sub' / 'a.pth'
    backend.put(b'first', path)

    def disk_full(fd):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(atomic_backend.os, 'fsync', disk_full)
    with pytest.raises(OSError, match='No space'):
        backend.put(b'second', path)
    assert path.read_bytes() == b'first'
    assert [p.name for p in path.parent.iterdir()] == ['a.pth']
