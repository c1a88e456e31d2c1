"""Translated frames on disk: each is made once, and read from then on.

One file per translated frame, below one folder per translator. A file holds its own key and a
check sum, is moved into its place when it is whole, and is never changed after that, so any number
of workers, ranks and machines may share a folder.

    magic | key | bytes of the image PNG | bytes of the class map PNG | both | CRC-32 of all before
"""

import errno
import hashlib
import os
import re
import struct
import time
import warnings
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from ..core.files import write_bytes

MAGIC = b'SGAN0001'
HEADER = struct.Struct('<8s16sQQ')
CHECKSUM = struct.Struct('<I')
SUFFIX = '.pair'
#: Of cache files below the cache's folder.
NAMES = re.compile(r'[0-9a-f]{16}/[0-9a-f]{2}/[0-9a-f]{32}\.pair')
#: How images are stored, and the arguments of cv2.imencode. JPEG 95 is read three times
#: faster and is a third of the size, but up to 1.2 gray levels off on average (GTA5, CamVid).
FORMATS = {
    # OpenCV's own settings: level 1 was larger, and slower to write and to read.
    'png': ('.png', []),
    'jpeg': (
        '.jpg',
        [
            cv2.IMWRITE_JPEG_QUALITY,
            95,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        ],
    ),
}


class BrokenEntryError(ValueError):
    """A cache file that is not what was written."""


def frame_digest(image: np.ndarray, ids: np.ndarray) -> bytes:
    """16 bytes that stand for a pair's pixels."""
    digest = hashlib.sha256(repr((image.shape, ids.shape)).encode())
    digest.update(np.ascontiguousarray(image))
    digest.update(np.ascontiguousarray(ids))
    return digest.digest()[:16]


@dataclass
class CacheCounts:
    """What happened to the frames that were asked for."""

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
        format: one of :data:`FORMATS`.
    """

    folder: Path
    max_bytes: int
    format: str = 'png'
    counts: CacheCounts = field(default_factory=CacheCounts)
    #: Why nothing is written any more.
    full: str | None = None
    #: Bytes to be written before the folder is measured again.
    _left: float = 0.0

    @classmethod
    def open(
        cls, root: str | Path, settings: bytes, max_bytes: int, format: str
    ) -> 'TranslationCache':
        """The cache below ``root`` for all settings that change a translation."""
        name = hashlib.sha256(settings + format.encode()).hexdigest()[:16]
        return cls(Path(root).expanduser() / name, max_bytes, format)

    def path(self, key: bytes) -> Path:
        return self.folder / key.hex()[:2] / f'{key.hex()}{SUFFIX}'

    def read(self, key: bytes) -> tuple[np.ndarray, np.ndarray] | None:
        """The translation of a key: BGR uint8 (H, W, 3) and uint8 (H, W); None if there is none.

        A broken file counts as missing; the next :meth:`write` replaces it.
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
        """Keeps a translation. A full disk, or one that cannot be written, is warned of once.

        Returns:
            The pair as :meth:`read` would give it, kept or not, so that what is served does not
            depend on what has been seen before.
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
            # Others write as well: counted anew after each 16th part of what was free.
            if self._left < len(data):
                free = self.max_bytes - total_bytes(self.folder.parent)
                if free < max(len(data), self.max_bytes / 100):
                    self._stop(f'it holds cache_max_bytes ({self.max_bytes:,} bytes)')
                    return
                self._left = max(free / 16, len(data))
            write_bytes(path, data)
        except IsADirectoryError:  # something else has this one's place
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


def encode_entry(key: bytes, image: np.ndarray, ids: np.ndarray, format: str) -> bytes:
    """The content of a cache file."""
    suffix, options = FORMATS[format]
    image_file = cv2.imencode(suffix, image, options)[1].tobytes()
    ids_file = cv2.imencode('.png', ids)[1].tobytes()
    data = HEADER.pack(MAGIC, key, len(image_file), len(ids_file)) + image_file + ids_file
    return data + CHECKSUM.pack(zlib.crc32(data))


def decode_entry(data: bytes, key: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The image and the class map of a cache file.

    Raises:
        BrokenEntryError: it was cut, changed, or belongs to another key.
    """
    if len(data) < HEADER.size + CHECKSUM.size:
        raise BrokenEntryError('it is cut short')
    body = memoryview(data)[: -CHECKSUM.size]
    if CHECKSUM.unpack(data[-CHECKSUM.size :]) != (zlib.crc32(body),):
        raise BrokenEntryError('its check sum is wrong')
    magic, found, image_size, ids_size = HEADER.unpack_from(data)
    if magic != MAGIC or found != key or HEADER.size + image_size + ids_size != len(body):
        raise BrokenEntryError('it belongs to something else')
    files = np.frombuffer(body, np.uint8)[HEADER.size :]
    image = cv2.imdecode(files[:image_size], cv2.IMREAD_COLOR)
    ids = cv2.imdecode(files[image_size:], cv2.IMREAD_UNCHANGED)
    if image is None or ids is None:
        raise BrokenEntryError('it holds no images')
    return image, ids


def files(root: Path) -> Iterator[Path]:
    """All cache files below a folder, and no files of others."""
    for path in Path(root).glob(f'*/*/*{SUFFIX}'):
        if NAMES.fullmatch('/'.join(path.parts[-3:])) and not path.is_dir():
            yield path


def total_bytes(root: Path) -> int:
    """What they hold; files that vanish meanwhile do not count."""
    return sum(stat.st_size for _, stat in stats(root))


def stats(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Cache files and what the file system says of them."""
    for path in files(root):
        with suppress(FileNotFoundError):  # another process clears up
            yield path, path.lstat()


def abandoned(root: Path, seconds: float = 3600) -> list[Path]:
    """Half-written files, untouched for a while, of processes that were killed."""
    then = time.time() - seconds
    found = []
    for path in Path(root).glob(f'*/*/.*{SUFFIX}.*.part'):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < then:
                found.append(path)
    return found
