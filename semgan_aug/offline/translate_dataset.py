"""Translates the frames of a dataset into a folder of the same layout."""

import errno
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..core.errors import InputError
from ..core.files import write_bytes
from ..online.request import consistency
from ..translator.translator import Translator
from .frames import Pair, encode_image, encode_label, raw_label, read_pair
from .journal import Done, FolderJournal
from .settings import Settings
from .shard import Shard
from .source import Frame, Source
from .thread_pipeline import run_thread_pipeline
from .translate_styles import to_arrays, translate_styles


@dataclass(frozen=True)
class Outcome:
    """The state of the folder when a process ends.

    Args:
        done: the work that all processes have done.
        pending: number of frames not finished yet by other processes. The process that finds 0
            writes the manifest.
    """

    done: Done
    pending: int


def translate_dataset(
    translator: Translator,
    source: Source,
    folder: Path,
    translator_info: dict,
    settings: Settings,
    shard: Shard | None = None,
    workers: int = 2,
    begin: Callable[[int, int], None] = lambda done, total: None,
    advance: Callable[[], None] = lambda: None,
) -> Outcome:
    """Translates this process's share of a dataset; finished frames are skipped.

    Frames that cannot be read are listed in the manifest. Each start tries them again.

    Args:
        translator: the translator on its device.
        source: the frames.
        folder: new folder outside the source; created if it does not exist.
        translator_info: dict with ``path``, ``digest`` and ``card`` of the translator; it is copied
            into the manifest.
        settings: settings of the translation, equal in all processes and starts.
        shard: the share of this process, if several processes write to the same folder.
        workers: number of threads that read, and of threads that write.
        begin: called with the number of frames that were finished before, and the total number.
        advance: called after each frame.

    Raises:
        InputError: the folder holds other files, was begun with other settings or lies in the
            source; the disk is full; or the settings ask for styles, but the translator has none.
        OSError: the folder cannot be written.
    """
    shard = shard or Shard()
    started = time.time()
    settings.check_translator(translator)
    _check_place(source, folder)
    journal = FolderJournal(folder, shard.rank)
    described = asdict(settings) | dict(
        source=str(Path(source.root).resolve()) if '://' not in source.root else source.root,
        checkpoint=translator_info['digest'],
        classes=source.classes,
        raw_ids=source.raw_ids(),
    )
    journal.start(described)
    job = _Job(translator, source, folder, settings, journal, workers, advance)
    try:
        mine = shard.of(source.frames)
        todo = job.unfinished(mine)
        begin(len(mine) - len(todo), len(mine))
        job.work(todo)
        done = journal.done()
        pending = [f for f in source.frames if f.name not in {**done.entries, **done.problems}]
        if not pending:
            # Frames that failed in an earlier start or another process may have been repaired.
            tried = {f.name for f in todo}
            again = done.problems.keys() - tried
            job.work([f for f in source.frames if f.name in again])
            done = journal.done()
            job.finish(done, dict(checkpoint=translator_info, settings=described), started)
    finally:
        journal.close()
    return Outcome(done, len(pending))


def _check_place(source: Source, folder: Path) -> None:
    root, place = Path(source.root).resolve(), folder.resolve()
    if root == place or root in place.parents:
        raise InputError(
            f'{folder} lies in the source ({source.root}), to which nothing is ever written; name '
            'a folder outside it'
        )


@dataclass
class _Job:
    """One process's work on the frames of a folder."""

    translator: Translator
    source: Source
    folder: Path
    settings: Settings
    journal: FolderJournal
    workers: int
    advance: Callable[[], None]

    def files(self, frame: Frame) -> list[Path]:
        """All files that are written for a frame."""
        return [
            self.folder / variant / name
            for variant in self.settings.folders()
            for name in (frame.name, frame.label)
        ]

    def unfinished(self, frames: list[Frame]) -> list[Frame]:
        """Frames that still need work.

        Frames that failed earlier are excluded; :func:`translate_dataset` retries them at the end.

        Raises:
            InputError: an output path exists that this tool did not write.
        """
        # Files are listed before the journal is read. If another process writes a file in between,
        # the journal names its frame already.
        there = {path for frame in frames for path in self.files(frame) if path.exists()}
        done = self.journal.done()
        todo = []
        for frame in frames:
            files = self.files(frame)
            ours = frame.name in done.begun or frame.name in done.entries
            if not ours and there.intersection(files):
                raise InputError(
                    f'{min(there.intersection(files))} was not written here, so it is not '
                    'overwritten; move it away, or name another folder'
                )
            finished = frame.name in done.entries and there.issuperset(files)
            if not finished and frame.name not in done.problems:
                todo.append(frame)
        return todo

    def work(self, frames: list[Frame]) -> None:
        """Translates frames and records each of them in the journal."""
        stages = self._read, self._translate, self._write
        for frame, result in run_thread_pipeline(frames, *stages, self.workers):
            if isinstance(result, InputError):
                result = dict(name=frame.name, problem=str(result))
            self.journal.append(result)
            self.advance()
        self.journal.close()

    def _read(self, frame: Frame) -> tuple[Pair, list[int]]:
        pair = read_pair(frame, self.source)
        return pair, self.settings.styles(pair)

    def _translate(
        self, item: tuple[Pair, list[int]]
    ) -> tuple[Pair, list[int], list[tuple[Tensor, Tensor]]]:
        pair, styles = item
        self.journal.append(dict(begin=pair.frame.name))
        return pair, styles, translate_styles(self.translator, pair.image, pair.ids, styles)

    def _write(self, item: tuple[Pair, list[int], list[tuple[Tensor, Tensor]]]) -> dict:
        """Writes the files of a frame; returns its entry for the journal and the manifest."""
        pair, styles, outputs = item
        variants = []
        for folder, style, output in zip(self.settings.folders(), styles, outputs, strict=True):
            image, ids = to_arrays(*output)
            share = float(consistency(torch.from_numpy(pair.ids), torch.from_numpy(ids)))
            translated = share >= self.settings.min_consistency
            files = pair.files
            if translated:
                raw, name = raw_label(pair, ids, self.source.id_table), pair.frame.name
                files = encode_image(image, name), encode_label(raw, pair.label)
            # The label first: if the image exists, the frame is complete.
            self._write_file(self.folder / folder / pair.frame.label, files[1])
            self._write_file(self.folder / folder / pair.frame.name, files[0])
            own = None if self.translator.colors is None else style
            variants.append(dict(style=own, consistency=round(share, 6), translated=translated))
        return dict(name=pair.frame.name, label=pair.frame.label, variants=variants)

    def _write_file(self, path: Path, data: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(path, data)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise InputError(
                    f'the disk of {self.folder} is full; make room, and the same command goes on '
                    'from here'
                ) from error
            raise

    def finish(self, done: Done, head: dict, started: float) -> None:
        """Writes the frame lists and the manifest, and deletes files of killed processes.

        Args:
            done: the work that all processes have done.
            head: first entries of the manifest.
            started: start time of this process, in seconds since the epoch.
        """
        for folder in self.settings.folders():
            for name, lines in self.source.lists.items():
                kept = ''.join(f'{line}\n' for line, frame in lines if frame in done.entries)
                self._write_file(self.folder / folder / name, kept.encode())
        self._delete_half_files(started)
        variants = [v for entry in done.entries.values() for v in entry['variants']]
        counts = dict(
            frames=len(done.entries),
            untranslated=sum(not v['translated'] for v in variants),
            unreadable=len(done.problems),
            left_out=len(self.source.left_out),
        )
        content = head | dict(
            counts=counts,
            frames=[done.entries[name] for name in sorted(done.entries)],
            unreadable=dict(sorted(done.problems.items())),
            left_out=dict(sorted(self.source.left_out.items())),
        )
        self.journal.write_manifest(content)

    def _delete_half_files(self, started: float) -> None:
        """Deletes ``.part`` files older than this start; killed processes left them."""
        parents = {path.parent for frame in self.source.frames for path in self.files(frame)}
        for part in (p for parent in parents for p in parent.glob('.*.part')):
            with suppress(FileNotFoundError):  # another process has deleted it
                if part.stat().st_mtime < started:
                    part.unlink()
