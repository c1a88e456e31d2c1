"""Whether translating in the workers would take longer than the training that it is for."""

import time
from collections.abc import Iterable

from mmengine.dist import get_world_size
from mmengine.runner import Runner

from ..transforms.semgan_translate import SemGANTranslate

#: Training steps that are timed before anything is said; the fastest counts.
TIMED_STEPS = 3


class ColdEpoch:
    """Times the first steps of a training and compares: told once, by the main process."""

    def __init__(self):
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
        training = min(self._steps) * runner.max_iters
        processes = max(1, runner.train_dataloader.num_workers) * get_world_size()
        for step in transforms:
            frames, seconds = step.cold_epoch()
            if seconds / processes > training:
                runner.logger.warning(
                    f'SemGANTranslate: the first epoch translates {frames:,} frames in '
                    f'{processes} process(es), which takes {_duration(seconds / processes)}; '
                    f'the training itself would take {_duration(training)}; fill the cache on a '
                    'GPU before: tools/translate_dataset.py --cache CONFIG'
                )


def _duration(seconds: float) -> str:
    for unit, length in (('h', 3600), ('min', 60)):
        if seconds >= length:
            return f'{seconds / length:.1f} {unit}'
    return f'{seconds:.1f} s'
