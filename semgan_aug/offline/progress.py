"""How far it is: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

#: Seconds between two lines.
INTERVAL = 30


class FrameProgress:
    """Counts frames for a person, on stderr.

    Args:
        shown: False on all ranks but the first.
    """

    def __init__(self, shown: bool) -> None:
        console = Console(stderr=True)
        self.lines = shown and not console.is_terminal
        self._done = self._total = self._first = 0
        self._started = self._said = time.monotonic()
        self._bar = Progress(
            TextColumn('translating'),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn('{task.fields[rate]:.1f} frames/s, time left'),
            TimeRemainingColumn(),
            console=console,
            disable=not shown or self.lines,
        )

    def __enter__(self) -> 'FrameProgress':
        self._bar.start()
        return self

    def __exit__(self, *_) -> None:
        self._bar.stop()

    def begin(self, done: int, total: int) -> None:
        """Frames that were done before, and all of them."""
        self._done, self._total, self._first = done, total, done
        self._started = self._said = time.monotonic()
        self._bar.add_task('', total=total, completed=done, rate=0.0)

    def advance(self) -> None:
        """One frame more."""
        self._done += 1
        now = time.monotonic()
        rate = (self._done - self._first) / max(now - self._started, 1e-6)
        for task in self._bar.task_ids:
            self._bar.update(task, completed=self._done, rate=rate)
        if self.lines and now - self._said > INTERVAL:
            self._said = now
            left = timedelta(seconds=round(max(0, self._total - self._done) / rate))
            print(
                f'{self._done:,} of {self._total:,} frames, {rate:.1f} frames/s, {left} left',
                file=sys.stderr,
                flush=True,
            )
