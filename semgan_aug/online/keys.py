"""Digests of frames, and the styles and cache keys computed from them.

They depend only on the pixels. So a frame has the same digest, styles and keys in every process, on
every machine and in every folder.
"""

import hashlib

import numpy as np

#: Greatest style; styles are whole numbers from 0.
MAX_STYLE = 2**31 - 1


def frame_digest(image: np.ndarray, ids: np.ndarray) -> bytes:
    """A digest of 16 bytes of the pixels of a frame.

    Args:
        image: BGR uint8 (H, W, 3).
        ids: class ids and 255, uint8 (H, W).
    """
    digest = hashlib.sha256(repr((image.shape, ids.shape)).encode())
    digest.update(np.ascontiguousarray(image).data)
    digest.update(np.ascontiguousarray(ids).data)
    return digest.digest()[:16]


def translation_key(frame: bytes, style: int | None) -> bytes:
    """The key (16 bytes) of a translation in the cache of its translator.

    Args:
        frame: :func:`frame_digest` of the source frame.
        style: number of the style; None for a translator without class colors.
    """
    return frame if style is None else _hash(frame, style)


def variant_style(frame: bytes, variant: int) -> int:
    """The style of a frame's variant, 0 ... :data:`MAX_STYLE`.

    Args:
        frame: :func:`frame_digest` of the frame.
        variant: number of the variant.
    """
    return int.from_bytes(_hash(frame, variant)[:8], 'little') % (MAX_STYLE + 1)


def _hash(frame: bytes, number: int) -> bytes:
    return hashlib.sha256(frame + number.to_bytes(8, 'little')).digest()[:16]
