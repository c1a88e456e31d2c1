"""What ``tools/prepare_gta5.py`` finds out about a GTA5 download, and what it writes."""

import hashlib
import json
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import mmcv
import numpy as np
from PIL import Image

from ..core.classes import CITYSCAPES19, IGNORE, LABEL_IDS, label_map
from ..core.errors import InputError
from ..core.files import write_bytes
from .checks import list_files, size_problem
from .gta5 import KNOWN_BAD_REASON, is_known_bad

#: Frames of the public release.
RELEASED = 24966
MAX_ID = max(LABEL_IDS)
#: Blocks of this many frames go to one split, because neighbors show the same place [ours].
BLOCK, VAL_EVERY = 100, 20
#: What was written by an earlier run, by its hash: nothing else is ever overwritten.
MANIFEST = 'prepare_gta5.json'
PARTIAL = 'prepare_gta5.partial.jsonl'
#: Not written where there are too few frames, so an earlier one would contradict the others.
REPLACED = ('splits/val.txt',)
#: How DAFormer names the labels that its statistics are about.
DAFORMER_SUFFIX = '_labelTrainIds.png'


def find_frames(root: Path) -> tuple[list[str], dict[str, str]]:
    """The stems of a download that have an image and a label, and why the others do not count.

    Raises:
        FileNotFoundError: a folder is missing or empty.
    """
    names = {
        kind: {name[:-4] for name in list_files(str(root / f'{kind}s'), '.png', kind)}
        for kind in ('image', 'label')
    }
    both = names['image'] & names['label']
    problems = dict.fromkeys(names['image'] - both, 'no label')
    problems |= dict.fromkeys(names['label'] - both, 'no image')
    problems |= dict.fromkeys(filter(is_known_bad, both), KNOWN_BAD_REASON)
    return sorted(both - set(problems)), problems


def check_pair(root: Path, stem: str) -> dict:
    """Reads one pair: the image's checksums, the whole label.

    Returns:
        ``dict(stem, problem)`` with the reason why it cannot be used, or ``dict(stem, counts)``
        with the pixels of each of the 19 Cityscapes classes that it has, by train id as str.
    """
    image, label = (root / kind / f'{stem}.png' for kind in ('images', 'labels'))
    try:
        problem = size_problem((str(image), str(label)))
        if problem is None and not _is_whole(image):
            problem = 'image is damaged or cut short'
    except OSError as error:
        problem = f'cannot be read: {error.strerror}'
    if problem is None:
        try:
            # pillow: cv2 would turn a palette into colors.
            ids = mmcv.imread(label, flag='unchanged', backend='pillow')
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            ids = None
        if ids is None or ids.ndim != 2:
            problem = 'label cannot be decoded, or is no palette or gray PNG'
        elif ids.max() > MAX_ID:
            problem = f'label holds the id {ids.max()}, above {MAX_ID}'
    if problem is not None:
        return dict(stem=stem, problem=problem)
    raw = np.bincount(ids.ravel(), minlength=MAX_ID + 1)
    counts: dict[str, int] = {}
    for raw_id, train_id in label_map(LABEL_IDS, CITYSCAPES19).items():
        if train_id != IGNORE and raw[raw_id]:
            counts[str(train_id)] = counts.get(str(train_id), 0) + int(raw[raw_id])
    return dict(stem=stem, counts=counts)


def check_all(
    root: Path, out: Path, stems: list[str], workers: int, advance: Callable[[int], None]
) -> dict[str, dict]:
    """:func:`check_pair` of every stem, in parallel; what an earlier, killed run read is kept.

    Args:
        root: the download.
        out: where :data:`PARTIAL` is kept meanwhile.
        stems: the frames.
        workers: processes.
        advance: called with the number of frames done, for a progress bar.
    """
    partial_file = out / PARTIAL
    done = _read_partial(partial_file, root, set(stems))
    todo = [stem for stem in stems if stem not in done]
    advance(len(stems) - len(todo))
    with (
        open(partial_file, 'a') as file,
        ProcessPoolExecutor(workers, initializer=_end_with_parent) as pool,
    ):
        file.write('\n')  # ends a line that was cut
        for entry in pool.map(partial(check_pair, root), todo, chunksize=16):
            done[entry['stem']] = entry
            file.write(json.dumps(entry | dict(stamp=_stamp(root, entry['stem']))) + '\n')
            file.flush()
            advance(1)
    return {stem: done[stem] for stem in stems}


def _read_partial(file: Path, root: Path, stems: set[str]) -> dict[str, dict]:
    """What a killed run has read of frames that are still as they were; odd lines do not count."""
    done = {}
    lines = file.read_text(errors='replace').splitlines() if file.exists() else []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:  # the line at which it was killed
            continue
        if not isinstance(entry, dict) or set(entry) - {'stem', 'stamp', 'problem', 'counts'}:
            continue
        stem = entry.get('stem')
        found = isinstance(entry.get('problem'), str) + isinstance(entry.get('counts'), dict)
        known = isinstance(stem, str) and stem in stems and found == 1
        if known and entry.pop('stamp', None) == _stamp(root, stem):
            done[stem] = entry
    return done


def _end_with_parent() -> None:
    """Lets a worker process end when the process that it works for is killed."""

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def daformer_statistics(counts: dict[str, dict[str, int]]) -> dict[str, object]:
    """The three files that DAFormer (arXiv 2111.14887) samples rare classes by.

    Args:
        counts: stem to train id to pixels.

    Returns:
        File name to content, as its own conversion of GTA5 writes them.
    """
    by_file = {f'labels/{stem}{DAFORMER_SUFFIX}': count for stem, count in counts.items()}
    with_class: dict[str, list] = {}
    for file, count in by_file.items():
        for train_id, pixels in count.items():
            with_class.setdefault(train_id, []).append([file, pixels])
    return {
        'sample_class_stats.json': [count | dict(file=file) for file, count in by_file.items()],
        'sample_class_stats_dict.json': by_file,
        'samples_with_class.json': with_class,
    }


def split_lists(stems: list[str], sample: int) -> dict[str, list[str]]:
    """Frame lists: all usable frames, both splits [ours], and a uniform sample of train.

    The release's own split is a MATLAB file that is not part of the download; here the last of
    every 20 blocks of 100 frames is for validation.

    Raises:
        InputError: fewer frames in train than the sample is to have.
    """
    held = {stem: i // BLOCK % VAL_EVERY == VAL_EVERY - 1 for i, stem in enumerate(stems)}
    train = [s for s in stems if not held[s]]
    if not 1 <= sample <= len(train):
        raise InputError(
            f'--sample is {sample}, but 1 ... {len(train)} frames of the split train can be drawn '
            'from this folder'
        )
    chosen = [train[i * len(train) // sample] for i in range(sample)]
    lists = {
        'splits/usable.txt': stems,
        'splits/train.txt': train,
        'splits/val.txt': [s for s in stems if held[s]],
        f'splits/sample_{sample}.txt': chosen,
    }
    # Fewer than 1,901 frames have no block for validation.
    return {name: listed for name, listed in lists.items() if listed}


def write_files(out: Path, files: dict[str, bytes]) -> None:
    """Writes files below ``out``, none of which may be there unless an earlier run wrote it.

    An earlier run's :data:`REPLACED` are deleted if they are not among them, and are as it left
    them; its samples of other sizes stay.

    Raises:
        InputError: a file is there that no run wrote, or that was changed since; nothing is
            written then.
    """
    for name in files:
        (out / name).parent.mkdir(exist_ok=True)
    manifest = out / MANIFEST
    known: dict[str, list] = {}
    if manifest.exists():
        try:
            known = {
                name: list(hashes) for name, hashes in json.loads(manifest.read_text()).items()
            }
        except (ValueError, AttributeError, TypeError):
            raise InputError(
                f'{manifest} was not written by this tool; move it away or choose another --out'
            ) from None
    for name, data in files.items():
        path = out / name
        if path.exists():
            found = _sha(path.read_bytes())
            if found != _sha(data) and found not in known.get(name, ()):
                raise InputError(
                    f'{path} was not written by this tool, or was changed since; move it away or '
                    'choose another --out'
                )
    for name in set(known) - set(files):
        path = out / name
        if path.exists() and _sha(path.read_bytes()) in known[name] and name in REPLACED:
            path.unlink()
    # First what is about to be written, so that a run that is killed here recognizes it later.
    for name, data in files.items():
        # What lies there may be of any earlier run, so that is kept as well.
        there = [_sha((out / name).read_bytes())] if (out / name).exists() else []
        known[name] = [*there, _sha(data)]
    write_bytes(manifest, (json.dumps(known, indent=1) + '\n').encode())
    for name, data in files.items():
        write_bytes(out / name, data)


def _is_whole(path: Path) -> bool:
    """Whether all checksums of a PNG are right; nothing is decoded."""
    try:
        with Image.open(path) as image:
            image.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
    return True


def _stamp(root: Path, stem: str) -> list:
    """Changes when a file of the pair is replaced."""
    stats = [(root / kind / f'{stem}.png').stat() for kind in ('images', 'labels')]
    return [value for s in stats for value in (s.st_size, s.st_mtime_ns)]


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
