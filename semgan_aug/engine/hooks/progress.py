"""Progress with the time left: a bar for a person, a small file for another process."""

import json
import time
from pathlib import Path

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ...core.files import write_bytes


@HOOKS.register_module()
class ProgressHook(Hook):
    """Shows how far a training is, on rank 0.

    On a terminal: a bar with iterations and the time left. With ``file``: nothing on the screen;
    ``{"iter": i, "max_iters": n, "seconds": s}`` is written there about once a second (seconds of
    training, earlier runs of the same job included).

    Args:
        file: path of the progress file, None for the bar.
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
        console = Console()
        if self.file is None and console.is_terminal:
            self._bar = Progress(
                TextColumn('{task.description}'),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn('time left'),
                TimeRemainingColumn(),
                console=console,
            )
            self._bar.add_task('training', total=runner.max_iters, completed=runner.iter)
            self._bar.start()

    @master_only
    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None):
        done = runner.iter + 1
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done)
        due = time.monotonic() - self._written > 1 or done == runner.max_iters
        if self.file is not None and due:
            self._written = time.monotonic()
            seconds = round(self._written - self._started, 1)
            state = dict(iter=done, max_iters=runner.max_iters, seconds=seconds)
            write_json(self.file, state)

    @master_only
    def after_train(self, runner: Runner) -> None:
        if self._bar is not None:
            self._bar.stop()


def write_json(path: Path, value: dict, sync: bool = False) -> None:
    """Writes a JSON file so that a reader finds the old one or the new one, never half of it.

    With ``sync`` that holds through a power failure, too.
    """
    write_bytes(path, (json.dumps(value, indent=2) + '\n').encode(), sync)
