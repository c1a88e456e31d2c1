"""The file of one cached translation: encoding, and decoding with verification.

The parts of a file are::

    magic | key | size of the image file | size of the class map PNG | both files | CRC-32 of it all

The file contains its key and a checksum. So a file that was truncated, changed, or moved to the
place of another frame is noticed and never used.
"""

import struct
import zlib

import cv2
import numpy as np

MAGIC = b'SGAN0001'
HEADER = struct.Struct('<8s16sQQ')
CHECKSUM = struct.Struct('<I')
#: Formats of stored images: suffix and arguments of cv2.imencode. JPEG 95 is read three times as
#: fast and takes a third of the space, but its mean error is up to 1.2 gray levels (GTA5, CamVid).
FORMATS = {
    # OpenCV's default settings: compression level 1 was larger, and slower to write and to read.
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
    """A cache file is truncated, changed, or belongs to another key."""


def encode_entry(key: bytes, image: np.ndarray, ids: np.ndarray, image_format: str) -> bytes:
    """Encodes the content of a cache file.

    Args:
        key: 16 bytes, see :func:`keys.translation_key`.
        image: BGR uint8 (H, W, 3).
        ids: class ids and 255, uint8 (H, W).
        image_format: one of :data:`FORMATS`.
    """
    suffix, options = FORMATS[image_format]
    image_file = cv2.imencode(suffix, image, options)[1].tobytes()
    ids_file = cv2.imencode('.png', ids)[1].tobytes()
    data = HEADER.pack(MAGIC, key, len(image_file), len(ids_file)) + image_file + ids_file
    return data + CHECKSUM.pack(zlib.crc32(data))


def decode_entry(data: bytes, key: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Verifies the content of a cache file and decodes it.

    Args:
        data: content of the file.
        key: the key that the file must contain.

    Returns:
        The image, BGR uint8 (H, W, 3), and the class map, uint8 (H, W).

    Raises:
        BrokenEntryError: the file is truncated, changed, or belongs to another key.
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
