"""Checks of a GTA5 download, its frame lists and its class statistics.

``tools/prepare_gta5.py`` is the command for it.
"""

import hashlib
import json
from collections import Counter
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
from ..core.launcher import end_with_parent
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
VAL = 'splits/val.txt'
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
    except OSError as error:
        problem = f'cannot be read: {error.strerror}'
    if problem is not None:
        return dict(stem=stem, problem=problem)
    try:
        with Image.open(image) as opened:
            opened.verify()  # all checksums; nothing is decoded
    except UNDECODABLE:
        return dict(stem=stem, problem='image is damaged or cut short')
    ids = None
    with suppress(*UNDECODABLE):
        # cv2 would turn a palette into colors.
        ids = mmcv.imread(label, flag='unchanged', backend='pillow')
    if ids is None or ids.ndim != 2:
        return dict(stem=stem, problem='label cannot be decoded, or is no palette or gray PNG')
    if ids.max() > MAX_ID:
        return dict(stem=stem, problem=f'label holds the id {ids.max()}, above {MAX_ID}')
    raw = np.bincount(ids.ravel(), minlength=MAX_ID + 1)
    counts = Counter()
    for raw_id, train_id in label_map(LABEL_IDS, CITYSCAPES19).items():
        counts[str(train_id)] += int(raw[raw_id])
    del counts[str(IGNORE)]
    return dict(stem=stem, counts={train_id: n for train_id, n in counts.items() if n})


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
    done, wanted = {}, set(stems)
    for line in journal.read():
        stem, stamp = str(line.get('stem')), line.pop('stamp', None)
        is_entry = isinstance(line.get('problem'), str) or isinstance(line.get('counts'), dict)
        # A pair whose files were replaced is read again.
        if is_entry and len(line) == 2 and stem in wanted and stamp == _stamp(root, stem):
            done[stem] = line
    todo = [stem for stem in stems if stem not in done]
    progress.begin(len(done), len(stems))
    with journal, ProcessPoolExecutor(workers, initializer=end_with_parent) as pool:
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
        VAL: [s for s in stems if held[s]],
        f'splits/sample_{sample}.txt': [train[i * len(train) // sample] for i in range(sample)],
    }
    # Fewer than 1,901 frames have no block for validation.
    return {name: listed for name, listed in lists.items() if listed}


def write_files(out: Path, files: dict[str, bytes]) -> None:
    """Writes files below ``out``, and overwrites only what an earlier run wrote.

    An earlier run's :data:`VAL` is deleted if it is not among ``files`` and is unchanged. Samples
    of other sizes stay.

    Raises:
        InputError: a file is there that no run wrote, or that was changed since; nothing is
            written then.
    """
    known = _read_manifest(out / MANIFEST)

    def is_ours(name: str, *new: str) -> bool:
        return _hash((out / name).read_bytes()) in (*known.get(name, ()), *new)

    for name, data in files.items():
        if (out / name).exists() and not is_ours(name, _hash(data)):
            raise InputError(
                f'{out / name} was not written by this tool, or was changed since; move it away or '
                'choose another --out'
            )
    if VAL not in files and (out / VAL).exists() and is_ours(VAL):
        (out / VAL).unlink()
    # The hashes are written first, so that a run that is killed here recognizes its files later.
    for name, data in files.items():
        known[name] = list(dict.fromkeys([*known.get(name, []), _hash(data)]))
    write_json(out / MANIFEST, known, indent=1)
    for name, data in files.items():
        (out / name).parent.mkdir(exist_ok=True)
        write_bytes(out / name, data)


def _files(root: Path, stem: str) -> tuple[Path, Path]:
    return root / 'images' / f'{stem}.png', root / 'labels' / f'{stem}.png'


def _stamp(root: Path, stem: str) -> list[int]:
    """Changes when a file of the pair is replaced."""
    stats = [path.stat() for path in _files(root, stem)]
    return [value for s in stats for value in (s.st_size, s.st_mtime_ns)]


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


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
