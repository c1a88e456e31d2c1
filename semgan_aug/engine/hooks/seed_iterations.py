"""Random numbers of a training step that do not depend on the steps before it."""

import random

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ...datasets.sampler import mix


@HOOKS.register_module()
class SeedIterationsHook(Hook):
    """Seeds all generators before each iteration from the run's seed, the rank and the iteration.

    What a step draws (pools, Gumbel noise, class colors) is then the same in a run that was
    killed and resumed as in one that was not, with nothing to save.
    """

    priority = 'HIGHEST'

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        seed = mix(runner.seed, get_rank(), runner.iter)
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
