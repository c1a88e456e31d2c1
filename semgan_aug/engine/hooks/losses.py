"""Logs losses with one wait for the device per logging interval, and stops if one is NaN."""

import time
from typing import Any

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.hooks import CheckpointHook, LoggerHook, RuntimeInfoHook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ...core.errors import UserFacingError


class NonFiniteLossError(UserFacingError, RuntimeError):
    """A loss or weight is NaN or infinite; the message names it, the iteration and a next step."""


@HOOKS.register_module()
class LossesHook(RuntimeInfoHook):
    """Replaces mmengine's RuntimeInfoHook, which waits for the device in every iteration.

    Losses are added up on their device. They are read when LoggerHook logs, as means over the
    interval and the ranks. They are also read before a checkpoint is saved, so that no checkpoint
    holds weights from after a non-finite loss. ``images_per_second`` counts the images of both
    domains and all ranks; its time includes loading, pictures and checkpoints.

    Raises:
        NonFiniteLossError: a loss of any rank has not been finite since the losses were last read.

    Example:
        >>> default_hooks = dict(runtime_info=dict(type='LossesHook'))
        >>> hook = HOOKS.build(default_hooks['runtime_info'])
    """

    def before_train(self, runner: Runner) -> None:
        super().before_train(runner)
        hooks = [hook for hook in runner.hooks if isinstance(hook, (LoggerHook, CheckpointHook))]
        self._intervals = [hook.interval for hook in hooks if hook.interval > 0]
        self._names: list[str] = []
        self._since, self._images = time.monotonic(), 0

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, torch.Tensor] | None = None,
    ) -> None:
        if not outputs:
            return
        self._images += sum(map(len, data_batch['inputs'].values())) if data_batch else 0
        values = torch.stack([value.float() for value in outputs.values()])
        if not self._names:
            self._names = list(outputs)
            self._start(values)
        self._sum += values
        self._count += 1
        new = ~values.isfinite() & (self._bad_since < 0)
        self._bad_since.masked_fill_(new, runner.iter + 1)
        due = any(self.every_n_train_iters(runner, n) for n in self._intervals)
        if due or self.is_last_train_iter(runner):
            self._read(runner)
            self._start(values)

    def _start(self, like: torch.Tensor) -> None:
        self._sum, self._count = torch.zeros_like(like), 0
        self._bad_since = torch.full_like(like, -1)

    def _read(self, runner: Runner) -> None:
        all_reduce(self._bad_since, 'max')
        all_reduce(self._sum, 'mean')
        sums, bad = torch.stack([self._sum, self._bad_since]).tolist()
        found = [(since, name) for name, since in zip(self._names, bad, strict=True) if since > 0]
        if found:
            since = min(found)[0]
            names = ', '.join(name for at, name in found if at == since)
            raise NonFiniteLossError(
                f'not finite in iteration {int(since)}: {names}; the checkpoints in '
                f'{runner.work_dir} are from before: go on from the last one with --resume and a '
                'lower learning rate or without --amp'
            )
        for name, value in zip(self._names, sums, strict=True):
            runner.message_hub.update_scalar(f'train/{name}', value / self._count)
        taken, self._since = time.monotonic() - self._since, time.monotonic()
        speed = self._images * get_world_size() / taken
        runner.message_hub.update_scalar('train/images_per_second', speed)
        self._images = 0
