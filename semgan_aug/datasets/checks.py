"""File checks of the datasets: lists of files and frames, and sizes of images."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from mmengine import fileio

from ..core.errors import InputError
from ..core.image_size import image_size


def list_files(folder: str, suffix: str, holds: str, backend_args: dict | None = None) -> set[str]:
    """Lists the files below a folder that end in ``suffix``.

    Args:
        folder: the folder; subfolders are searched, too.
        suffix: ending of the file names, e.g. ``'.png'``.
        holds: kind of the files for the error message, e.g. ``'label'``.
        backend_args: mmengine file backend; None means local files.

    Returns:
        Paths relative to ``folder``.

    Raises:
        FileNotFoundError: the folder does not exist or holds no such file.
    """
    if not fileio.isdir(folder, backend_args=backend_args):
        raise FileNotFoundError(
            f'{holds} folder {folder!r} does not exist; set data_root and data_prefix to where '
            f'the *{suffix} files lie.'
        )
    files = set(
        fileio.list_dir_or_file(
            folder, list_dir=False, suffix=suffix, recursive=True, backend_args=backend_args
        )
    )
    if not files:
        raise FileNotFoundError(
            f'{holds} folder {folder!r} holds no file that ends in {suffix!r}; check data_prefix '
            'and the suffixes given to the dataset.'
        )
    return files


def read_stems(ann_file: str, suffix: str, backend_args: dict | None = None) -> list[str]:
    """Reads a frame list: one file stem per line; blank lines are ignored.

    Args:
        ann_file: path of the list.
        suffix: ending of the image files; the entries must not have it.
        backend_args: mmengine file backend; None means local files.

    Returns:
        The stems in the order of the file.

    Raises:
        FileNotFoundError: the list does not exist.
        InputError: the list is empty, holds a name twice or holds names with their suffix.
    """
    if not fileio.isfile(ann_file, backend_args=backend_args):
        raise FileNotFoundError(
            f'ann_file {ann_file!r} does not exist; give a text file with one image name per line '
            f'without {suffix!r}, relative to data_root, or leave ann_file out to use every image.'
        )
    stems = [
        line.strip()
        for line in fileio.get_text(ann_file, backend_args=backend_args).splitlines()
        if line.strip()
    ]
    if not stems:
        raise InputError(f'ann_file {ann_file!r} is empty; write one image name per line into it.')
    if stems[0].endswith(suffix):
        raise InputError(
            f'ann_file {ann_file!r} lists {stems[0]!r}; list names without {suffix!r}, here '
            f'{stems[0][: -len(suffix)]!r}.'
        )
    seen: set[str] = set()
    twice = [s for s in stems if s in seen or seen.add(s)]
    if twice:
        raise InputError(
            f'ann_file {ann_file!r} lists {summary(twice)} more than once; list each image once '
            'and use RepeatDataset or a sampler to weight images.'
        )
    return stems


def summary(names: Iterable[str]) -> str:
    """Joins all names in one line, and puts their number before them if there are several.

    Example:
        >>> summary(['00001', '00002'])
        '2 (00001, 00002)'
    """
    names = list(names)
    return names[0] if len(names) == 1 else f'{len(names)} ({", ".join(names)})'


def size_problem(pair: tuple[str, str]) -> str | None:
    """The reason why the PNG files (image, label) of a pair do not fit; None if they fit."""
    try:
        image, label = (image_size(path, formats=('PNG',)) for path in pair)
    except InputError as error:
        return str(error).split(';')[0]
    if image == label:
        return None
    return f'image is {image[0]} x {image[1]}, label {label[0]} x {label[1]}'


def size_problems(pairs: list[tuple[str, str]]) -> list[str | None]:
    """:func:`size_problem` of each pair, in 16 threads because network drives answer slowly."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(size_problem, pairs, chunksize=64))
