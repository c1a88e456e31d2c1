"""Progress of long work: a bar on a terminal, or a line from time to time in a log.

Both show the items done, the total, the rate and the time left.
"""

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as RichProgress

#: Seconds after which a line is printed.
INTERVAL = 30.0
#: Share of all items after which a line is printed.
SHARE = 0.1
#: Least number of seconds between two lines, so that short work prints nothing.
PAUSE = 1.0

Item = TypeVar('Item')


class Progress:
    """Shows on stderr how many items are done, how fast, and the time left.

    A terminal gets a bar. Any other console (a log file, a pipe) gets a line every
    :data:`INTERVAL` seconds or every 10 % of the items, whichever comes first.

    Args:
        task: name of the work, e.g. ``'translating'``.
        unit: name of the items in the plural, e.g. ``'frames'``.
        shown: False prints nothing; it is meant for all ranks but the first.
        lines: False prints nothing if there is no terminal.

    Example:
        >>> with Progress('reading', 'files', shown=False) as progress:
        ...     progress.begin(total=2)
        ...     progress.advance()
        ...     progress.advance()
        >>> progress.text()
        '2/2 files'
    """

    def __init__(self, task: str, unit: str, shown: bool = True, lines: bool = True) -> None:
        console = Console(stderr=True)
        self.task, self.unit = task, unit
        self.lines = shown and lines and not console.is_terminal
        self.done = self.total = self._first = self._said = 0.0
        self._started = self._last_line = time.monotonic()
        self._bar = RichProgress(
            TextColumn('{task.description}'),
            BarColumn(),
            TextColumn('{task.fields[text]}'),
            console=console,
            disable=not shown or not console.is_terminal,
        )

    def __enter__(self) -> 'Progress':
        return self

    def __exit__(self, *_) -> None:
        self.end()

    def begin(self, done: float = 0, total: float = 0) -> None:
        """Shows the bar and starts the clock.

        Args:
            done: items that an earlier run has done; they do not count for the rate.
            total: number of all items, including ``done``.
        """
        self.done, self.total, self._first, self._said = done, total, done, done
        self._started = self._last_line = time.monotonic()
        self._bar.add_task(self.task, total=total, completed=int(done), text=self.text())
        self._bar.start()

    def end(self) -> None:
        """Stops updating the bar; needed only without ``with``."""
        self._bar.stop()

    def advance(self, items: float = 1) -> None:
        """Adds to the number of items done."""
        self.update(self.done + items)

    def update(self, done: float, task: str | None = None) -> None:
        """Sets the number of items done, and the name of the work if ``task`` is given."""
        self.done, self.task = done, task or self.task
        for bar in self._bar.task_ids:
            self._bar.update(bar, completed=done, description=self.task, text=self.text())
        if self.lines and self._line_is_due():
            self._said, self._last_line = done, time.monotonic()
            print(f'{self.task} {self.text()}', file=sys.stderr, flush=True)

    def text(self) -> str:
        """The progress as text, e.g. ``'30/200 frames, 2.5 frames/s, time left 0:01:08'``."""
        counts = f'{self.done:,.0f}/{self.total:,.0f} {self.unit}'
        new, seconds = self.done - self._first, time.monotonic() - self._started
        if new <= 0 or self.done >= self.total:
            return counts
        rate = new / max(seconds, 1e-6)
        left = timedelta(seconds=round((self.total - self.done) / rate))
        return f'{counts}, {_rate(rate)} {self.unit}/s, time left {left}'

    def _line_is_due(self) -> bool:
        waited = time.monotonic() - self._last_line
        further = self.done - self._said >= SHARE * self.total
        return waited >= PAUSE and (waited >= INTERVAL or further)


def _rate(rate: float) -> str:
    """Formats a rate: two significant digits below 10, whole numbers above."""
    return f'{rate:.2g}' if rate < 10 else f'{rate:,.0f}'


def track(items: list[Item], task: str, unit: str) -> Iterator[Item]:
    """Yields the items one after the other and shows the progress.

    Example:
        >>> list(track(['a', 'b'], 'reading', 'files'))
        ['a', 'b']
    """
    with Progress(task, unit) as progress:
        progress.begin(total=len(items))
        for item in items:
            yield item
            progress.advance()
