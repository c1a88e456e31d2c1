"""The on-disk cache of translated frames: each is translated once and read from then on.

One file per translation, below one folder per translator. A file is moved into its place when it
is whole and never changed after that (:mod:`.cache_entry` has its content), so any number of
workers, ranks and machines may share a folder.

It is written by hand because workers of several machines share one folder: diskcache and its like
keep an SQLite index, whose locks do not work on network file systems.
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
    """What this process found and wrote."""

    read: int = 0
    missing: int = 0
    broken: int = 0
    written: int = 0


@dataclass
class TranslationCache:
    """The translations of one translator.

    Args:
        folder: of this translator; :meth:`open` chooses it.
        max_bytes: of all files below the parent folder. Several writers keep to it within a
            sixteenth of what is free each, and stop at 99 %.
        format: one of :data:`cache_entry.FORMATS`.
    """

    folder: Path
    max_bytes: int
    format: str = 'png'
    counts: CacheCounts = field(default_factory=CacheCounts)
    #: Why nothing is written any more, or None.
    full: str | None = None
    #: Bytes to be written before the folder is measured again.
    _left: float = 0.0

    @classmethod
    def open(
        cls, root: str | Path, settings: bytes, max_bytes: int, format: str
    ) -> 'TranslationCache':
        """The cache of a translator.

        Args:
            root: the cache folder, which all translators share.
            settings: everything that changes a translation; another value, another folder.
            max_bytes: see :class:`TranslationCache`.
            format: likewise.
        """
        name = hashlib.sha256(settings + format.encode()).hexdigest()[:16]
        return cls(Path(root).expanduser() / name, max_bytes, format)

    def path(self, key: bytes) -> Path:
        """The file of a key, whether it exists or not."""
        return self.folder / key.hex()[:2] / f'{key.hex()}{SUFFIX}'

    def read(self, key: bytes) -> tuple[np.ndarray, np.ndarray] | None:
        """Reads and verifies a translation.

        Args:
            key: see :func:`keys.translation_key`.

        Returns:
            BGR uint8 (H, W, 3) and uint8 (H, W), or None if there is no whole file of this key. A
            broken file is replaced by the next :meth:`write`.
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
        """Keeps a translation. A disk that is full or cannot be written is warned of once.

        Args:
            key: see :func:`keys.translation_key`.
            image: BGR uint8 (H, W, 3).
            ids: class ids and 255, uint8 (H, W).

        Returns:
            The pair as :meth:`read` would return it, whether it was kept or not, so that a first
            pass over the frames and a second one serve the same.
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
            # Other processes write, too: measure again after each sixteenth of what was free.
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
