"""Append-only journals of JSON lines: a killed process loses at most one line."""

import json
import secrets
import shutil
from pathlib import Path
from typing import IO


class Journal:
    """A log of the work of several processes, kept in one folder.

    Each process appends to a file of its own, so no locks are needed. A line that was cut short
    because its process was killed is ignored. A later start opens a new file.

    Args:
        folder: the folder; the first appended line creates it.
        writer: name of the process, part of the file name, e.g. ``'rank0'``.

    Example:
        >>> with Journal(Path('done')) as journal:
        ...     journal.append(dict(name='00001.png'))
        >>> Journal(Path('done')).read()
        [{'name': '00001.png'}]
    """

    def __init__(self, folder: Path, writer: str = 'rank0') -> None:
        self.folder = folder
        self.path = folder / f'{writer}-{secrets.token_hex(8)}.jsonl'
        self._file: IO[str] | None = None

    def read(self) -> list[dict]:
        """Reads the complete lines of all processes, file by file; other text is ignored."""
        lines = []
        for path in sorted(self.folder.glob('*.jsonl')):
            for text in path.read_text(errors='replace').splitlines():
                try:
                    line = json.loads(text)
                except ValueError:  # the line at which a process was killed
                    continue
                if isinstance(line, dict):
                    lines.append(line)
        return lines

    def append(self, line: dict) -> None:
        """Appends a line and passes it to the operating system before it returns."""
        if self._file is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file = open(self.path, 'a')  # noqa: SIM115  (stays open until close)
        self._file.write(json.dumps(line) + '\n')
        self._file.flush()

    def close(self) -> None:
        """Closes the file; network drives show a complete file to others after it is closed."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def delete(self) -> None:
        """Deletes the folder with the lines of all processes."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> 'Journal':
        return self

    def __exit__(self, *_) -> None:
        self.close()
