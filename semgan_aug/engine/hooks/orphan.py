"""No training goes on behind the back of the process that was killed."""

import os

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS


@HOOKS.register_module()
class OrphanHook(Hook):
    """Ends this process, at once, when the one that started it is gone.

    A launcher that is killed with -9 cannot take its processes along; they would go on writing
    checkpoints beside the run that is resumed.

    Args:
        parent: process id of the parent, if it was read before this hook is built.
    """

    priority = 'VERY_HIGH'

    def __init__(self, parent: int | None = None) -> None:
        self._parent = os.getppid() if parent is None else parent

    def _after_iter(self, runner: Runner, batch_idx: int, *args, mode: str = 'train', **more):
        if os.getppid() != self._parent:
            os._exit(1)
