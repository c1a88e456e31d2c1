"""The cache files below a cache folder, and their sizes."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SUFFIX = '.pair'
#: Pattern of the cache files' paths, relative to the cache folder.
NAMES = re.compile(r'[0-9a-f]{16}/[0-9a-f]{2}/[0-9a-f]{32}\.pair')


def default_cache_dir() -> str:
    """Default folder of translated frames: ``$SEMGAN_CACHE``, or one in the user's cache folder."""
    home = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return str(Path(os.environ.get('SEMGAN_CACHE') or Path(home) / 'semgan_aug').expanduser())


def files(root: str | Path) -> Iterator[Path]:
    """Yields all cache files below a folder; files of other programs are ignored."""
    for path in Path(root).glob(f'*/*/*{SUFFIX}'):
        if NAMES.fullmatch('/'.join(path.parts[-3:])) and not path.is_dir():
            yield path


def stats(root: str | Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yields all cache files below a folder with their sizes and times."""
    for path in files(root):
        with suppress(FileNotFoundError):  # another process deletes files
            yield path, path.lstat()


def total_bytes(root: str | Path) -> int:
    """Number of bytes in all cache files; files that are deleted meanwhile do not count."""
    return sum(stat.st_size for _, stat in stats(root))


def abandoned(root: str | Path, seconds: float = 3600) -> list[Path]:
    """Lists incomplete files (``.part``) that killed processes left.

    Args:
        root: the cache folder.
        seconds: least time since the file was last changed.
    """
    then = time.time() - seconds
    found = []
    for path in Path(root).glob(f'*/*/.*{SUFFIX}.*.part'):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < then:
                found.append(path)
    return found
