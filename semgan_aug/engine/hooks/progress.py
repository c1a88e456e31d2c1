"""Progress of a training: a bar on the terminal, or a small file for another process."""

import json
import time
from pathlib import Path

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ...core.files import write_json
from ...core.progress import Progress


@HOOKS.register_module()
class ProgressHook(Hook):
    """Shows the progress of a training, on rank 0.

    On a terminal, the hook shows a bar with iterations, rate and time left. Without a terminal it
    prints nothing, because mmengine's log has the same numbers. With ``file`` it never prints.
    About once a second it writes ``{"iter": i, "max_iters": n, "seconds": s}`` to the file, where
    ``seconds`` is the training time including earlier runs of the same job.

    Args:
        file: path of the progress file; None shows the bar.

    Example:
        >>> from mmseg.registry import HOOKS
        >>> HOOKS.build(dict(type='ProgressHook', file='progress.json')).file
        PosixPath('progress.json')
    """

    priority = 'LOW'

    def __init__(self, file: str | None = None) -> None:
        self.file = Path(file) if file else None
        self._bar: Progress | None = None
        self._written = 0.0
        self._started = 0.0

    @master_only
    def before_train(self, runner: Runner) -> None:
        if self.file is not None:
            earlier = json.loads(self.file.read_text())['seconds'] if self.file.exists() else 0.0
            self._started = time.monotonic() - earlier
            return
        self._bar = Progress('training', 'iterations', lines=False)
        self._bar.begin(runner.iter, runner.max_iters)

    @master_only
    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        done = runner.iter + 1
        if self._bar is not None:
            self._bar.update(done)
        due = time.monotonic() - self._written > 1 or done == runner.max_iters
        if self.file is not None and due:
            self._written = time.monotonic()
            seconds = round(self._written - self._started, 1)
            write_json(self.file, dict(iter=done, max_iters=runner.max_iters, seconds=seconds))

    @master_only
    def after_train(self, runner: Runner) -> None:
        if self._bar is not None:
            self._bar.end()
