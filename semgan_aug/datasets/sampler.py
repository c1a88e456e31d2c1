"""An endless sampler that tells each sample which random numbers are its own."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from mmengine.dataset import InfiniteSampler
from mmseg.registry import DATA_SAMPLERS


class SampleIndex(int):
    """An index of a dataset and the seed of everything that is drawn for this sample."""

    def __new__(cls, index: int, seed: int = 0) -> 'SampleIndex':
        self = super().__new__(cls, index)
        self.seed = seed
        return self


@DATA_SAMPLERS.register_module()
class SeededInfiniteSampler(InfiniteSampler):
    """mmengine's InfiniteSampler whose indices are :class:`SampleIndex`.

    A sample's crop, flip and partner then depend on the training's seed and on the sample's place
    in the stream alone: not on the worker that loads it, nor on how many ranks share the stream,
    nor on whether the run was killed before it. A resume skips the stream's beginning without
    loading anything.

    Args:
        dataset: the dataset.
        shuffle: as InfiniteSampler.
        seed: as InfiniteSampler; None is mmengine's, equal on all ranks.
    """

    def _infinite_indices(self) -> Iterator[SampleIndex]:
        for place, index in enumerate(super()._infinite_indices()):
            yield SampleIndex(index, mix(self.seed, place))


def mix(*numbers: int) -> int:
    """32 bits that differ for each combination of whole numbers."""
    return int(np.random.SeedSequence([n % 2**64 for n in numbers]).generate_state(1)[0])


@contextmanager
def random_numbers_of(index: int) -> Iterator[None]:
    """Within it, the generators of Python, NumPy and torch (CPU) are the sample's own.

    They go on as if nothing had been drawn. Plain indices change nothing.
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
