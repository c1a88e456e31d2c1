"""Whether translating in the workers would take longer than the training that it is for."""

import time
from collections.abc import Iterable

from mmengine.dist import get_world_size
from mmengine.runner import Runner

from .transform import SemGANTranslate

#: Training steps that are timed before anything is said; the fastest counts.
TIMED_STEPS = 3


class ColdEpoch:
    """Times the first steps of a training and compares: told once, by the main process."""

    def __init__(self) -> None:
        self._steps: list[float] = []
        self._began = 0.0

    def begin_step(self) -> None:
        """The loader has given its batch."""
        self._began = time.perf_counter()

    def end_step(self, runner: Runner, transforms: Iterable[SemGANTranslate]) -> None:
        """The step is done; warns after :data:`TIMED_STEPS` of them, if there is reason to."""
        if len(self._steps) == TIMED_STEPS:
            return
        self._steps.append(time.perf_counter() - self._began)
        if len(self._steps) < TIMED_STEPS:
            return
        steps_left = runner.max_iters - runner.iter
        training = min(self._steps) * steps_left
        loader = runner.train_dataloader
        loads = steps_left * (loader.batch_size or 1) * get_world_size()
        expected = [step.expected(loads / len(loader.dataset)) for step in transforms]
        frames = sum(number for number, _ in expected)
        processes = max(1, loader.num_workers) * get_world_size()
        translation = sum(seconds for _, seconds in expected) / processes
        if translation > training:
            runner.logger.warning(
                f'SemGANTranslate: {frames:,} frames will be translated in {processes} '
                f'process(es), which takes {_duration(translation)}; the training itself would '
                f'take {_duration(training)}; fill the cache on a GPU before '
                '(tools/translate_dataset.py --cache CONFIG) or, where random crops come before '
                "SemGANTranslate, translate batches there (device='cuda', SemGANTranslateHook)"
            )


def _duration(seconds: float) -> str:
    for unit, length in (('h', 3600), ('min', 60)):
        if seconds >= length:
            return f'{seconds / length:.1f} {unit}'
    return f'{seconds:.1f} s'
