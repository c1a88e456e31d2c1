"""Seeds each iteration, so that its random numbers do not depend on earlier iterations."""

import random
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ...datasets.sampler import mix


@HOOKS.register_module()
class SeedIterationsHook(Hook):
    """Seeds all random number generators from the run's seed, the rank and the iteration.

    The random numbers of a step (pools, Gumbel noise) are then the same in a resumed and in an
    uninterrupted run, and checkpoints need not hold the generators' state.

    Example:
        >>> hook = HOOKS.build(dict(type='SeedIterationsHook'))
    """

    priority = 'HIGHEST'

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        seed = mix(runner.seed, get_rank(), runner.iter)
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
