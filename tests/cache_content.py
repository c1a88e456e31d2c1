"""Entries of a translation cache whose content follows from their keys."""

from pathlib import Path

import numpy as np

from semgan_aug.online.cache import TranslationCache

KEY = bytes(range(16))


def keys(count: int) -> list[bytes]:
    return [i.to_bytes(16, 'little') for i in range(count)]


def content(key: bytes, size: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """The image and the class map of a key."""
    rng = np.random.default_rng(list(key))
    return (
        rng.integers(0, 256, (size, size, 3), dtype=np.uint8),
        rng.integers(0, 10, (size, size), dtype=np.uint8),
    )


def fill(folder: Path, count: int, size: int = 64) -> None:
    """Writes entries whose content follows from their keys, as one of several writers."""
    cache = TranslationCache.open(folder, b'settings', 10**9, 'png')
    for i in range(count):
        key = i.to_bytes(16, 'little')
        cache.write(key, *content(key, size))
    assert cache.full is None
