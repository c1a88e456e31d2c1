"""Checks of a GTA5 download, its frame lists and its class statistics.

``tools/prepare_gta5.py`` is the command for it.
"""

import hashlib
import json
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import mmcv
import numpy as np
from PIL import Image

from ..core.classes import CITYSCAPES19, IGNORE, LABEL_IDS, label_map
from ..core.errors import InputError
from ..core.files import write_bytes, write_json
from ..core.journal import Journal
from ..core.progress import Progress
from .checks import list_files, size_problem
from .gta5 import KNOWN_BAD_REASON, is_known_bad

#: Frames of the public release.
RELEASED = 24966
MAX_ID = max(LABEL_IDS)
#: Blocks of this many frames go to one split, because neighbors show the same place [ours].
BLOCK, VAL_EVERY = 100, 20
#: The hashes of every file that a run has written: nothing else is ever overwritten.
MANIFEST = 'prepare_gta5.json'
#: Folder of the journal of a run that is not over.
PARTS = 'prepare_gta5.parts'
#: Not written where there are too few frames, so an earlier one would contradict the others.
REPLACED = ('splits/val.txt',)
#: How DAFormer names the labels that its statistics are about.
DAFORMER_SUFFIX = '_labelTrainIds.png'
#: What Pillow raises for files that it cannot decode.
UNDECODABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


def find_frames(root: Path) -> tuple[list[str], dict[str, str]]:
    """The stems of frames that have an image and a label, and the problems of the others.

    Raises:
        FileNotFoundError: a folder is missing or empty.
    """
    images, labels = (
        {name[:-4] for name in list_files(str(root / f'{kind}s'), '.png', kind)}
        for kind in ('image', 'label')
    )
    both = images & labels
    problems = dict.fromkeys(images - both, 'no label')
    problems |= dict.fromkeys(labels - both, 'no image')
    problems |= dict.fromkeys(filter(is_known_bad, both), KNOWN_BAD_REASON)
    return sorted(both - set(problems)), problems


def check_pair(root: Path, stem: str) -> dict:
    """Reads one pair: the image's checksums, and the whole label.

    Returns:
        ``dict(stem, problem)`` with the reason why the pair cannot be used, or
        ``dict(stem, counts)`` with the pixels of each Cityscapes class, by train id as str.
    """
    image, label = _files(root, stem)
    try:
        problem = size_problem((str(image), str(label)))
        if problem is None and not _is_whole(image):
            problem = 'image is damaged or cut short'
    except OSError as error:
        problem = f'cannot be read: {error.strerror}'
    ids = None
    if problem is None:
        with suppress(*UNDECODABLE):
            # cv2 would turn a palette into colors.
            ids = mmcv.imread(label, flag='unchanged', backend='pillow')
        if ids is None or ids.ndim != 2:
            problem = 'label cannot be decoded, or is no palette or gray PNG'
        elif ids.max() > MAX_ID:
            problem = f'label holds the id {ids.max()}, above {MAX_ID}'
    if ids is None or problem is not None:
        return dict(stem=stem, problem=problem)
    return dict(stem=stem, counts=_count(ids))


def check_all(
    root: Path, out: Path, stems: list[str], workers: int, progress: Progress
) -> dict[str, dict]:
    """:func:`check_pair` of every stem, in parallel; what an earlier, killed run read is kept.

    Args:
        root: the download.
        out: where :data:`PARTS` is kept until the caller deletes it.
        stems: the frames.
        workers: processes.
        progress: counts the frames.

    Returns:
        What :func:`check_pair` found, by stem.
    """
    journal = Journal(out / PARTS)
    done = _unchanged(journal.read(), root, set(stems))
    todo = [stem for stem in stems if stem not in done]
    progress.begin(len(done), len(stems))
    with journal, ProcessPoolExecutor(workers, initializer=_end_with_parent) as pool:
        for entry in pool.map(partial(check_pair, root), todo, chunksize=16):
            done[entry['stem']] = entry
            journal.append(entry | dict(stamp=_stamp(root, entry['stem'])))
            progress.advance()
    return {stem: done[stem] for stem in stems}


def daformer_statistics(counts: dict[str, dict[str, int]]) -> dict[str, dict | list]:
    """The three files by which DAFormer (arXiv 2111.14887) samples rare classes.

    Args:
        counts: stem to train id to pixels.

    Returns:
        File name to content, as DAFormer's own conversion of GTA5 writes them.
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

    The release's own split is a MATLAB file that is not part of the download. Here the last of
    every 20 blocks of 100 frames is for validation.

    Args:
        stems: all usable frames, sorted.
        sample: frames in the uniform sample.

    Returns:
        File name to stems; lists that would be empty are left out.

    Raises:
        InputError: train has fewer frames than the sample is to have.

    Example:
        >>> lists = split_lists([f'{n:05d}' for n in range(1, 2001)], sample=500)
        >>> {name: len(stems) for name, stems in lists.items()}
        {'splits/usable.txt': 2000, 'splits/train.txt': 1900, 'splits/val.txt': 100, \
'splits/sample_500.txt': 500}
    """
    held = {stem: i // BLOCK % VAL_EVERY == VAL_EVERY - 1 for i, stem in enumerate(stems)}
    train = [s for s in stems if not held[s]]
    if not 1 <= sample <= len(train):
        raise InputError(
            f'--sample is {sample}, but 1 ... {len(train)} frames of the split train can be drawn '
            'from this folder'
        )
    lists = {
        'splits/usable.txt': stems,
        'splits/train.txt': train,
        'splits/val.txt': [s for s in stems if held[s]],
        f'splits/sample_{sample}.txt': [train[i * len(train) // sample] for i in range(sample)],
    }
    # Fewer than 1,901 frames have no block for validation.
    return {name: listed for name, listed in lists.items() if listed}


def write_files(out: Path, files: dict[str, bytes]) -> None:
    """Writes files below ``out``, and overwrites only what an earlier run wrote.

    An earlier run's :data:`REPLACED` are deleted if they are not among ``files`` and are unchanged;
    its samples of other sizes stay.

    Raises:
        InputError: a file is there that no run wrote, or that was changed since; nothing is
            written then.
    """
    known = _read_manifest(out / MANIFEST)
    found = {name: _sha(out / name) for name in {*files, *REPLACED} if (out / name).exists()}
    for name, data in files.items():
        if name in found and found[name] not in (_hash(data), *known.get(name, ())):
            raise InputError(
                f'{out / name} was not written by this tool, or was changed since; move it away or '
                'choose another --out'
            )
    for name in set(REPLACED) - set(files):
        if found.get(name) in known.get(name, ()):
            (out / name).unlink()
    # The hashes are written first, so that a run that is killed here recognizes its files later.
    # A file that is there may be of any earlier run, so its hash is kept as well.
    for name, data in files.items():
        known[name] = [*([found[name]] if name in found else []), _hash(data)]
    write_json(out / MANIFEST, known, indent=1)
    for name, data in files.items():
        (out / name).parent.mkdir(exist_ok=True)
        write_bytes(out / name, data)


def _files(root: Path, stem: str) -> tuple[Path, Path]:
    return root / 'images' / f'{stem}.png', root / 'labels' / f'{stem}.png'


def _is_whole(path: Path) -> bool:
    """Whether all checksums of a PNG are right; nothing is decoded."""
    try:
        with Image.open(path) as image:
            image.verify()
    except UNDECODABLE:
        return False
    return True


def _count(ids: np.ndarray) -> dict[str, int]:
    """Pixels of each Cityscapes class in a map of raw label ids (H, W), by train id as str."""
    raw = np.bincount(ids.ravel(), minlength=MAX_ID + 1)
    counts: dict[str, int] = {}
    for raw_id, train_id in label_map(LABEL_IDS, CITYSCAPES19).items():
        if train_id != IGNORE and raw[raw_id]:
            counts[str(train_id)] = counts.get(str(train_id), 0) + int(raw[raw_id])
    return counts


def _unchanged(lines: list[dict], root: Path, stems: set[str]) -> dict[str, dict]:
    """Entries of a killed run's journal whose files are still as they were."""
    done = {}
    for line in lines:
        stem, stamp = str(line.get('stem')), line.pop('stamp', None)
        valid = isinstance(line.get('problem'), str) or isinstance(line.get('counts'), dict)
        if valid and len(line) == 2 and stem in stems and stamp == _stamp(root, stem):
            done[stem] = line
    return done


def _stamp(root: Path, stem: str) -> list[int]:
    """Changes when a file of the pair is replaced."""
    stats = [path.stat() for path in _files(root, stem)]
    return [value for s in stats for value in (s.st_size, s.st_mtime_ns)]


def _end_with_parent() -> None:
    """Lets a worker process end when the process that it works for is killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None, 'runs in workers only'

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _read_manifest(path: Path) -> dict[str, list[str]]:
    """File name to the hashes that earlier runs wrote; nothing if there was none."""
    try:
        return {name: list(hashes) for name, hashes in json.loads(path.read_text()).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError):
        raise InputError(
            f'{path} was not written by this tool; move it away or choose another --out'
        ) from None


def _sha(path: Path) -> str:
    return _hash(path.read_bytes())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
