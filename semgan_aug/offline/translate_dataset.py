"""Translates the frames of a dataset into a folder of the same layout."""

import errno
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..core.errors import InputError
from ..core.files import write_bytes
from ..online.keys import MAX_STYLE, frame_digest, variant_style
from ..online.request import consistency
from ..translator.translator import Translator
from .frames import Pair, encode_image, encode_label, raw_label, read_pair
from .journal import Done, FolderJournal
from .source import Frame, Source
from .thread_pipeline import Shard, run_thread_pipeline


@dataclass(frozen=True)
class Settings:
    """How frames are translated.

    Args:
        variants: translations of each frame. One goes straight into the folder, more of them into
            ``variant_0``, ``variant_1``, ... below it. Number k has the style that
            ``SemGANTranslate`` gives variant k of the same frame.
        style: number of one target frame whose class colors every translation takes, or None.
        min_consistency: 0 ... 1; where a smaller share of the pixels keeps its class, the source's
            own files are written.

    Raises:
        InputError: a value outside its range, or ``style`` with several variants.
    """

    variants: int = 1
    style: int | None = None
    min_consistency: float = 0.0

    def __post_init__(self) -> None:
        if self.variants < 1:
            raise InputError(f'--variants is {self.variants}, but 1 or more is allowed')
        if self.style is not None and not 0 <= self.style <= MAX_STYLE:
            raise InputError(f'--style is {self.style}, but 0 ... {MAX_STYLE} is allowed')
        if not 0 <= self.min_consistency <= 1:
            raise InputError(f'--min-consistency is {self.min_consistency}, but 0 ... 1 is allowed')
        if self.style is not None and self.variants > 1:
            raise InputError(
                f'--style {self.style} with --variants {self.variants} would write the same frames '
                f'{self.variants} times; leave one of them out'
            )

    def styles(self, pair: Pair) -> list[int]:
        """One style for each variant of a frame."""
        if self.style is not None:
            return [self.style]
        digest = frame_digest(pair.image, pair.ids)
        return [variant_style(digest, k) for k in range(self.variants)]

    def folders(self) -> list[str]:
        """Where each variant goes, relative to the folder."""
        return ['.'] if self.variants == 1 else [f'variant_{k}' for k in range(self.variants)]


@dataclass(frozen=True)
class Outcome:
    """What a process leaves behind.

    Args:
        done: what all processes have written.
        pending: frames that other processes still have to do; the manifest is written by the
            process that leaves none.
    """

    done: Done
    pending: int


def translate_dataset(
    translator: Translator,
    source: Source,
    folder: Path,
    checkpoint: dict,
    settings: Settings,
    shard: Shard | None = None,
    workers: int = 2,
    begin: Callable[[int, int], None] = lambda done, total: None,
    advance: Callable[[], None] = lambda: None,
) -> Outcome:
    """Translates this process's share of a dataset; what is there already is not done again.

    Frames that cannot be read are left out and listed; each start tries them again.

    Args:
        translator: on its device.
        source: the frames.
        folder: made if need be; outside the source.
        checkpoint: what the manifest says about the translator; ``digest`` must be in it.
        settings: the same in all processes and starts.
        shard: this process among those that work at the same folder.
        workers: threads that read, and that write.
        begin: called with the frames that were done before and with their total.
        advance: called after each frame.

    Raises:
        InputError: the folder holds files of others, was begun with other settings or lies in the
            source; the disk is full; or settings ask for styles that the translator does not have.
        OSError: the folder cannot be written.
    """
    shard = shard or Shard()
    started = time.time()
    check_styles(translator, settings)
    _check_place(source, folder)
    journal = FolderJournal(folder, shard.rank)
    described = asdict(settings) | dict(
        source=str(Path(source.root).resolve()) if '://' not in source.root else source.root,
        checkpoint=checkpoint['digest'],
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
            # Those that failed in an earlier start, or elsewhere, may have been repaired since.
            tried = {f.name for f in todo}
            again = done.problems.keys() - tried
            job.work([f for f in source.frames if f.name in again])
            done = journal.done()
            job.finish(done, dict(checkpoint=checkpoint, settings=described), started)
    finally:
        journal.close()
    return Outcome(done, len(pending))


def check_styles(translator: Translator, settings: Settings) -> None:
    """Raises InputError if styles are asked for that a translator does not have."""
    option = '--variants' if settings.variants > 1 else '--style'
    if translator.colors is None and (settings.variants > 1 or settings.style is not None):
        raise InputError(
            f'{option} chooses among class colors of target frames, which this checkpoint was '
            'trained without, so all its translations of a frame are the same; leave it out'
        )


def _check_place(source: Source, folder: Path) -> None:
    root, place = Path(source.root).resolve(), folder.resolve()
    if root == place or root in place.parents:
        raise InputError(
            f'{folder} lies in the source ({source.root}), to which nothing is ever written; name '
            'a folder outside it'
        )


@dataclass
class _Unreadable:
    frame: Frame
    reason: str


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
        """Every file that a frame becomes."""
        return [
            self.folder / variant / name
            for variant in self.settings.folders()
            for name in (frame.name, frame.label)
        ]

    def unfinished(self, frames: list[Frame]) -> list[Frame]:
        """Frames to do; those that could not be read before come last, when all are there.

        Raises:
            InputError: a file of somebody else is where a frame is to go.
        """
        # Looked for first: a file that another process writes has been announced before that.
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
        """Does frames, and writes down what became of each."""
        for line in run_thread_pipeline(
            frames, self._read, self._translate, self._write, self.workers
        ):
            self.journal.append(line)
            self.advance()
        self.journal.close()

    def _read(self, frame: Frame) -> tuple[Pair, list[int]] | _Unreadable:
        try:
            pair = read_pair(frame, self.source)
        except InputError as error:
            return _Unreadable(frame, str(error))
        return pair, self.settings.styles(pair)

    def _translate(
        self, item: tuple[Pair, list[int]] | _Unreadable
    ) -> tuple[Pair, list[tuple[int, Tensor, Tensor]]] | _Unreadable:
        if isinstance(item, _Unreadable):
            return item
        pair, styles = item
        self.journal.append(dict(begin=pair.frame.name))
        return pair, translate_styles(self.translator, pair.image, pair.ids, styles)

    def _write(self, item: tuple[Pair, list[tuple[int, Tensor, Tensor]]] | _Unreadable) -> dict:
        if isinstance(item, _Unreadable):
            return dict(name=item.frame.name, problem=item.reason)
        pair, outputs = item
        variants = []
        for folder, (style, *output) in zip(self.settings.folders(), outputs, strict=True):
            image, ids = to_arrays(*output)
            share = float(consistency(torch.from_numpy(pair.ids), torch.from_numpy(ids)))
            translated = share >= self.settings.min_consistency
            files = pair.files
            if translated:
                raw = raw_label(pair, ids, self.source.id_table)
                name = pair.frame.name
                files = encode_image(image, name), encode_label(raw, pair.label)
            # The label first: where the image is, the frame is whole.
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
        """Writes what is true of the whole: frame lists and the manifest."""
        for folder in self.settings.folders():
            for name, lines in self.source.lists.items():
                kept = ''.join(f'{line}\n' for line, frame in lines if frame in done.entries)
                self._write_file(self.folder / folder / name, kept.encode())
        self._clear_up(started)
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

    def _clear_up(self, started: float) -> None:
        """Deletes halves of files that killed processes left: only those from before this start."""
        parents = {path.parent for frame in self.source.frames for path in self.files(frame)}
        for part in (p for parent in parents for p in parent.glob('.*.part')):
            with suppress(FileNotFoundError):  # another process clears up
                if part.stat().st_mtime < started:
                    part.unlink()


def translate_styles(
    translator: Translator, image: np.ndarray, ids: np.ndarray, styles: list[int]
) -> list[tuple[int, Tensor, Tensor]]:
    """A frame in several styles.

    Args:
        translator: on its device.
        image: BGR uint8 (H, W, 3).
        ids: class ids and 255, uint8 (H, W).
        styles: see :meth:`Translator.translate`.

    Returns:
        Each style with image (3, H, W) and ids (H, W), on the translator's device, where they may
        still be in the making.
    """
    pixels = torch.from_numpy(np.ascontiguousarray(image)).to(translator.device)
    pixels = pixels.permute(2, 0, 1)[None]
    labels = torch.from_numpy(np.ascontiguousarray(ids)).to(translator.device)[None]
    made = []
    for style in styles:
        try:
            output, output_ids = translator.translate_batch(pixels, labels, [style])
        except torch.cuda.OutOfMemoryError:
            raise InputError(
                f'a frame of {ids.shape[1]} x {ids.shape[0]} needs more memory than '
                f'{translator.device} has free; free it, or use --device cpu'
            ) from None
        made.append((style, output[0], output_ids[0]))
    return made


def to_arrays(image: Tensor, ids: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """What :func:`translate_styles` gives as BGR uint8 (H, W, 3) and uint8 (H, W) in memory."""
    return image.permute(1, 2, 0).contiguous().cpu().numpy(), ids.contiguous().cpu().numpy()
