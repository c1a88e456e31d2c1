"""The files below a cache folder: which are ours, and how many bytes they take."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SUFFIX = '.pair'
#: Names of cache files, relative to the cache folder.
NAMES = re.compile(r'[0-9a-f]{16}/[0-9a-f]{2}/[0-9a-f]{32}\.pair')


def default_cache_dir() -> str:
    """Where translated frames are kept: ``$SEMGAN_CACHE``, or below the user's cache folder."""
    home = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return str(Path(os.environ.get('SEMGAN_CACHE') or Path(home) / 'semgan_aug').expanduser())


def files(root: str | Path) -> Iterator[Path]:
    """All cache files below a folder; files of other programs are left out."""
    for path in Path(root).glob(f'*/*/*{SUFFIX}'):
        if NAMES.fullmatch('/'.join(path.parts[-3:])) and not path.is_dir():
            yield path


def stats(root: str | Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Cache files and what the file system says of them."""
    for path in files(root):
        with suppress(FileNotFoundError):  # another process deletes files
            yield path, path.lstat()


def total_bytes(root: str | Path) -> int:
    """Bytes of all cache files; files that vanish meanwhile do not count."""
    return sum(stat.st_size for _, stat in stats(root))


def abandoned(root: str | Path, seconds: float = 3600) -> list[Path]:
    """Half-written files that killed processes left.

    Args:
        root: the cache folder.
        seconds: how long a file must have been untouched.
    """
    then = time.time() - seconds
    found = []
    for path in Path(root).glob(f'*/*/.*{SUFFIX}.*.part'):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < then:
                found.append(path)
    return found
