"""The on-disk cache of translated frames: each translation is computed once and then read.

Each translator has a folder, with one file per translation (:mod:`.cache_entry`). A file is moved
to its place when it is complete, and never changed afterwards. So any number of workers, ranks and
machines may share a folder.

diskcache is not used, because it keeps an SQLite index, whose locks do not work on network file
systems.
"""

import errno
import hashlib
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..core.files import write_bytes
from .cache_entry import BrokenEntryError, decode_entry, encode_entry
from .cache_folder import SUFFIX, total_bytes


@dataclass
class CacheCounts:
    """Counts of one process: files read, missing, broken, written."""

    read: int = 0
    missing: int = 0
    broken: int = 0
    written: int = 0


@dataclass
class TranslationCache:
    """The cached translations of one translator.

    Args:
        folder: folder of this translator; :meth:`open` chooses it.
        max_bytes: greatest size of all cache files below the parent folder. Each writer measures
            the folder before its first file, and again after it has written 1/16 of the free space
            that it found. It stops if less than 1 % of ``max_bytes`` is free. So each of several
            writers exceeds the limit by at most 1/16 of the free space that it found last.
        format: image format, one of :data:`cache_entry.FORMATS`.
    """

    folder: Path
    max_bytes: int
    format: str = 'png'
    counts: CacheCounts = field(default_factory=CacheCounts)
    #: The reason why this process has stopped writing, or None.
    full: str | None = None
    #: Bytes that may be written before the folder is measured again.
    _left: float = 0.0

    @classmethod
    def open(
        cls, root: str | Path, settings: bytes, max_bytes: int, image_format: str
    ) -> 'TranslationCache':
        """Opens the cache of a translator.

        Args:
            root: the cache folder, which all translators share.
            settings: a description of everything that changes a translation. Each value has a
                folder of its own.
            max_bytes: see :class:`TranslationCache`.
            image_format: one of :data:`cache_entry.FORMATS`.
        """
        name = hashlib.sha256(settings + image_format.encode()).hexdigest()[:16]
        return cls(Path(root).expanduser() / name, max_bytes, image_format)

    def path(self, key: bytes) -> Path:
        """The path of a key's file, whether it exists or not."""
        return self.folder / key.hex()[:2] / f'{key.hex()}{SUFFIX}'

    def read(self, key: bytes) -> tuple[np.ndarray, np.ndarray] | None:
        """Reads and verifies a translation.

        Args:
            key: see :func:`keys.translation_key`.

        Returns:
            BGR uint8 (H, W, 3) and uint8 (H, W), or None if the key has no valid file. The next
            :meth:`write` replaces a broken file.
        """
        try:
            data = self.path(key).read_bytes()
        except OSError:
            self.counts.missing += 1
            return None
        try:
            pair = decode_entry(data, key)
        except BrokenEntryError:
            self.counts.broken += 1
            return None
        self.counts.read += 1
        return pair

    def write(
        self, key: bytes, image: np.ndarray, ids: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Stores a translation. If the disk is full or cannot be written, it warns once.

        Args:
            key: see :func:`keys.translation_key`.
            image: BGR uint8 (H, W, 3).
            ids: class ids and 255, uint8 (H, W).

        Returns:
            The pair as :meth:`read` would return it, whether it was stored or not. So the first and
            later passes over the frames give the same pairs.
        """
        lossless = self.format == 'png'
        if self.full is not None and lossless:
            return image, ids
        data = encode_entry(key, image, ids, self.format)
        if self.full is None:
            self._write(key, data)
        return (image, ids) if lossless else decode_entry(data, key)

    def _write(self, key: bytes, data: bytes) -> None:
        path = self.path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Other processes also write, so measure again after 1/16 of the free space.
            if self._left < len(data):
                free = self.max_bytes - total_bytes(self.folder.parent)
                if free < max(len(data), self.max_bytes / 100):
                    self._stop(f'it holds cache_max_bytes ({self.max_bytes:,} bytes)')
                    return
                self._left = max(free / 16, len(data))
            write_bytes(path, data)
        except IsADirectoryError:  # a folder has the name of this file
            return
        except OSError as error:
            reason = 'the disk is full' if error.errno == errno.ENOSPC else str(error)
            self._stop(reason)
            return
        self._left -= len(data)
        self.counts.written += 1

    def _stop(self, reason: str) -> None:
        self.full = reason
        warnings.warn(
            f'the translation cache {self.folder.parent} takes no more frames: {reason}; training '
            'goes on, and frames that are not in it are translated each time. Make room '
            '(tools/translation_cache.py prune), or choose another cache_dir',
            stacklevel=2,
        )
