"""Warns when translating on the CPU would outlast training.

A cold epoch is an epoch whose frames are not in the cache yet, so that workers translate them.
"""

import time
from collections.abc import Iterable, Sized
from typing import cast

from mmengine.dist import get_world_size
from mmengine.runner import Runner

from .transform import SemGANTranslate

#: Number of training steps that are timed before the warning; the fastest one counts.
TIMED_STEPS = 3


class ColdEpochWarning:
    """Times the first steps of a training, then compares training and translation once."""

    def __init__(self) -> None:
        self._steps: list[float] = []
        self._began = 0.0

    def begin_step(self) -> None:
        """Starts the clock; called when the loader has delivered a batch."""
        self._began = time.perf_counter()

    def end_step(self, runner: Runner, transforms: Iterable[SemGANTranslate]) -> None:
        """Stops the clock; after :data:`TIMED_STEPS` steps, warns if translating takes longer.

        Args:
            runner: the runner of the training.
            transforms: the transforms in its data pipelines.
        """
        if len(self._steps) == TIMED_STEPS:
            return
        self._steps.append(time.perf_counter() - self._began)
        if len(self._steps) < TIMED_STEPS:
            return
        steps_left = runner.max_iters - runner.iter
        training = min(self._steps) * steps_left
        loader = runner.train_dataloader
        loads = steps_left * (loader.batch_size or 1) * get_world_size()
        epochs = loads / len(cast(Sized, loader.dataset))
        costs = [translation_cost(transform, epochs) for transform in transforms]
        frames = sum(number for number, _ in costs)
        processes = max(1, loader.num_workers) * get_world_size()
        translation = sum(seconds for _, seconds in costs) / processes
        if translation > training:
            runner.logger.warning(
                f'SemGANTranslate: {frames:,} frames will be translated in {processes} '
                f'process(es), which takes {_duration(translation)}; the training itself would '
                f'take {_duration(training)}; fill the cache on a GPU before '
                '(tools/translate_dataset.py --cache CONFIG) or, where random crops come before '
                "SemGANTranslate, translate batches there (device='cuda', SemGANTranslateHook)"
            )


def translation_cost(transform: SemGANTranslate, epochs: float) -> tuple[int, float]:
    """Estimates the time for translating a transform's dataset, from the counts so far.

    Args:
        transform: the transform with its counts.
        epochs: number of passes over its dataset. With a cache, only the first pass takes time.

    Returns:
        The number of frames that workers translate, and the seconds that one CPU core needs for
        them; both are 0 if no worker translates.
    """
    totals = transform.counts.totals()
    dataset = transform.dataset()
    if dataset is None or transform.by_batch or not totals['made']:
        return 0, 0.0
    missing = totals['made'] / (totals['made'] + totals['cached'])
    if transform.cache_dir:
        epochs = min(epochs, 1)
    frames = round(len(dataset) * epochs * transform.prob * missing)
    return frames, frames * transform.counts.seconds() / totals['made']


def _duration(seconds: float) -> str:
    for unit, length in (('h', 3600), ('min', 60)):
        if seconds >= length:
            return f'{seconds / length:.1f} {unit}'
    return f'{seconds:.1f} s'
