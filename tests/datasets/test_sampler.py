"""The numbers that a sample draws depend on its place in the stream alone."""

import random

import numpy as np
import pytest
import torch

from semgan_aug.datasets.sampler import SampleIndex, SeededInfiniteSampler, random_numbers_of


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
