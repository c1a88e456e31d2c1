"""What is done, in a folder that several processes write to and any of them may be killed in.

Each process appends lines of JSON to a file of its own, so nothing is locked and a cut line costs
one frame: ``{"begin": name}`` before a frame's files are written, then its entry.
"""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from ..core.errors import InputError
from ..core.files import write_bytes

MANIFEST = 'manifest.json'
PARTS = 'manifest.parts'
SETTINGS = 'settings.json'


@dataclass
class Done:
    """What the processes so far have written.

    Args:
        entries: of frames that are done, by name.
        problems: of frames that could not be read, and why.
        begun: names of frames whose files may be there.
    """

    entries: dict[str, dict] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    def add(self, line: dict) -> None:
        name = line.get('name')
        if 'begin' in line:
            self.begun.add(line['begin'])
        elif 'problem' in line:
            self.problems[name] = line['problem']
        else:
            self.entries[name] = line

    def settle(self) -> 'Done':
        """Once done, a frame has no problem any more, whenever it had one."""
        for name in self.entries:
            self.problems.pop(name, None)
        return self


class Journal:
    """The journal of a folder of translated frames.

    Args:
        folder: of the frames.
        rank: of this process, for the name of its file.
    """

    def __init__(self, folder: Path, rank: int = 0) -> None:
        self.folder = folder
        self.parts = folder / PARTS
        # Every start has a file of its own: the end of an earlier one may be cut.
        self.path = self.parts / f'rank{rank}-{secrets.token_hex(8)}.jsonl'
        self._file = None

    def start(self, settings: dict) -> None:
        """Makes the folder, or finds it as another process with the same settings left it.

        Raises:
            InputError: it is a file, holds anything else, or was begun with other settings.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f'{self.folder} is a file; name a folder for the translated frames')
        self.folder.mkdir(parents=True, exist_ok=True)
        # Listed first: what another rank has written since has its settings beside it.
        foreign = sorted(p.name for p in self.folder.iterdir() if p.name != PARTS)
        found = self._settings()
        if found is None:
            if foreign:
                raise InputError(
                    f'{self.folder} holds {foreign[0]!r}, which was not written here; name an '
                    'empty folder, or one that does not exist'
                )
            self.parts.mkdir(exist_ok=True)
            write_bytes(self.parts / SETTINGS, _text(settings))
            found = self._settings()
        for key, value in json.loads(_text(settings)).items():
            if found.get(key) != value:
                raise InputError(
                    f'{self.folder} was begun with {key} = {found.get(key)}, but now it is '
                    f'{value}; go on with what it was begun with, or name another folder'
                )

    def _settings(self) -> dict | None:
        try:
            return dict(json.loads((self.parts / SETTINGS).read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            raise InputError(
                f'{self.parts / SETTINGS} was not written here, or was changed; name another folder'
            ) from None

    def read(self) -> Done:
        """What all processes have written so far."""
        done = Done()
        for path in sorted(self.parts.glob('rank*.jsonl')):
            for text in path.read_text(errors='replace').splitlines():
                try:
                    line = json.loads(text)
                except ValueError:  # the line at which it was killed
                    continue
                if isinstance(line, dict):
                    done.add(line)
        return done.settle()

    def write(self, line: dict) -> None:
        """Appends a line; it is in the system's hands when this returns."""
        if self._file is None:
            self._file = open(self.path, 'a')  # noqa: SIM115  (open as long as frames come)
        self._file.write(json.dumps(line) + '\n')
        self._file.flush()

    def close(self) -> None:
        """Before others are asked: network drives show a file whole when it is closed."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def write_manifest(self, content: dict) -> None:
        write_bytes(self.folder / MANIFEST, _text(content))


def _text(value: dict) -> bytes:
    """JSON with a line for each entry of what the dict holds: one for each frame."""
    lines = []
    for key, held in value.items():
        nested = isinstance(held, (dict, list)) and held
        lines.append(f' {json.dumps(key)}: {_entries(held) if nested else json.dumps(held)}')
    return ('{\n' + ',\n'.join(lines) + '\n}\n').encode()


def _entries(held: dict | list) -> str:
    if isinstance(held, list):
        return '[\n  ' + ',\n  '.join(map(json.dumps, held)) + '\n ]'
    entries = (f'{json.dumps(key)}: {json.dumps(value)}' for key, value in held.items())
    return '{\n  ' + ',\n  '.join(entries) + '\n }'
