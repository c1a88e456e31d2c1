"""Stops ranks whose launcher has died."""

import os
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ...core.launcher import launcher_has_died


@HOOKS.register_module()
class OrphanHook(Hook):
    """Ends this rank after an iteration in which its launcher has died.

    A launcher (e.g. torchrun) that is killed with ``kill -9`` cannot stop its ranks. They would go
    on and write checkpoints beside those of the resumed run.

    Args:
        launcher: process id of the launcher; None is the process that started this rank.

    Example:
        >>> from mmseg.registry import HOOKS
        >>> hook = HOOKS.build(dict(type='OrphanHook'))
    """

    priority = 'VERY_HIGH'

    def __init__(self, launcher: int | None = None) -> None:
        self.launcher = launcher

    def _after_iter(
        self, runner: Runner, batch_idx: int, *args: Any, mode: str = 'train', **kwargs: Any
    ) -> None:
        if launcher_has_died(self.launcher):
            os._exit(1)  # a clean exit would wait for the other ranks
