"""The journal of a folder of translated frames: its settings and the finished frames.

Several processes write to the folder, and each may be killed. Before a process writes the files of
a frame, it appends ``{"begin": name}``. After the files are written, it appends the frame's entry.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from ..core.errors import InputError
from ..core.files import write_bytes
from ..core.journal import Journal

MANIFEST = 'manifest.json'
PARTS = 'manifest.parts'
SETTINGS = 'settings.json'


@dataclass
class Done:
    """The work that all processes have done so far.

    Args:
        entries: entries of the finished frames, by name.
        problems: the reason for each frame that could not be read, by name.
        begun: names of frames whose files may exist.
    """

    entries: dict[str, dict] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, lines: list[dict]) -> 'Done':
        """Collects the work from the lines of all journals."""
        done = cls()
        for line in lines:
            name = line.get('name', '')
            if 'begin' in line:
                done.begun.add(line['begin'])
            elif 'problem' in line:
                done.problems[name] = line['problem']
            else:
                done.entries[name] = line
        # A finished frame has no problem any more, whichever line was written first.
        for name in done.entries:
            done.problems.pop(name, None)
        return done


class FolderJournal(Journal):
    """The journal of a folder of translated frames.

    Args:
        frames: the folder of the frames.
        rank: rank of this process.
    """

    def __init__(self, frames: Path, rank: int = 0) -> None:
        super().__init__(frames / PARTS, f'rank{rank}')
        self.frames = frames

    def start(self, settings: dict) -> None:
        """Creates the folder, or continues a folder that was begun with the same settings.

        Args:
            settings: settings of the translation, as JSON can store them.

        Raises:
            InputError: the path is a file, the folder holds foreign files, or it was begun with
                other settings.
        """
        if self.frames.exists() and not self.frames.is_dir():
            raise InputError(f'{self.frames} is a file; name a folder for the translated frames')
        self.frames.mkdir(parents=True, exist_ok=True)
        # The folder is listed before the settings are read. If another rank begins the folder in
        # between, its settings are found.
        foreign = sorted(p.name for p in self.frames.iterdir() if p.name != PARTS)
        found = self._settings()
        if found is None:
            if foreign:
                raise InputError(
                    f'{self.frames} holds {foreign[0]!r}, which was not written here; name an '
                    'empty folder, or one that does not exist'
                )
            self.folder.mkdir(exist_ok=True)
            write_bytes(self.folder / SETTINGS, _text(settings))
            found = self._settings() or {}
        for key, value in json.loads(_text(settings)).items():
            if found.get(key) != value:
                raise InputError(
                    f'{self.frames} was begun with {key} = {found.get(key)}, but now it is '
                    f'{value}; go on with what it was begun with, or name another folder'
                )

    def done(self) -> Done:
        """Returns the work that all processes have done so far."""
        return Done.of(self.read())

    def write_manifest(self, content: dict) -> None:
        """Writes the manifest of the whole folder."""
        write_bytes(self.frames / MANIFEST, _text(content))

    def _settings(self) -> dict | None:
        """The settings with which the folder was begun; None if it was not begun."""
        try:
            return dict(json.loads((self.folder / SETTINGS).read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            raise InputError(
                f'{self.folder / SETTINGS} was not written here, or was changed; name another '
                'folder'
            ) from None


def _text(value: dict) -> bytes:
    """Formats JSON with one line for each entry of the dicts and lists in ``value``."""
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
