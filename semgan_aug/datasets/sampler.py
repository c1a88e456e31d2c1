"""An infinite sampler whose indices carry the random seed of their sample."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from mmengine.dataset import InfiniteSampler
from mmseg.registry import DATA_SAMPLERS


class SampleIndex(int):
    """A dataset index with the seed for all random numbers of its sample.

    Example:
        >>> index = SampleIndex(3, seed=17)
        >>> index + 1, index.seed
        (4, 17)
    """

    seed: int

    def __new__(cls, index: int, seed: int = 0) -> 'SampleIndex':
        self = super().__new__(cls, index)
        self.seed = seed
        return self


@DATA_SAMPLERS.register_module()
class SeededInfiniteSampler(InfiniteSampler):
    """mmengine's InfiniteSampler with indices that are :class:`SampleIndex`.

    The crop, the flip and the partner of a sample depend only on the training's seed and on the
    sample's place in the stream. They do not depend on the worker that loads the sample, the number
    of ranks, or earlier starts of the training. A resume skips the beginning of the stream without
    loading samples.

    Args:
        dataset: the dataset.
        shuffle: as in InfiniteSampler.
        seed: as in InfiniteSampler; None uses mmengine's seed, which is equal on all ranks.

    Example:
        >>> sampler = SeededInfiniteSampler(range(5), shuffle=False, seed=0)
        >>> [int(index) for index, _ in zip(sampler, range(7))]
        [0, 1, 2, 3, 4, 0, 1]
    """

    def _infinite_indices(self) -> Iterator[SampleIndex]:
        for place, index in enumerate(super()._infinite_indices()):
            yield SampleIndex(index, mix(self.seed, place))


def mix(*numbers: int) -> int:
    """Combines whole numbers to a seed of 32 bits."""
    return int(np.random.SeedSequence([n % 2**64 for n in numbers]).generate_state(1)[0])


@contextmanager
def random_numbers_of(index: int) -> Iterator[None]:
    """Seeds the generators of Python, NumPy and torch (CPU) inside the ``with`` block.

    After the block, the generators have their earlier states again.

    Args:
        index: a :class:`SampleIndex`, which has the seed. With a plain index, nothing changes.
    """
    if not isinstance(index, SampleIndex):
        yield
        return
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    random.seed(index.seed)
    np.random.seed(index.seed)
    torch.default_generator.manual_seed(index.seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
