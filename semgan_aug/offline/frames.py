"""Reads and encodes the two files of a frame: the image, and the label with its raw ids."""

import io
import struct
from dataclasses import dataclass

import cv2
import mmcv
import numpy as np
from mmengine import fileio
from PIL import Image

from ..core.classes import IGNORE
from ..core.encoding import check_ids, check_pair
from ..core.errors import InputError
from ..datasets.reading import reading
from ..online.cache_entry import FORMATS
from .source import Frame, Source

#: Pillow modes of label PNGs that hold ids.
ID_MODES = ('P', 'L', '1')


@dataclass
class Pair:
    """A frame in memory.

    Args:
        frame: names and paths of the frame.
        image: BGR uint8 (H, W, 3).
        ids: class ids and 255, uint8 (H, W).
        raw: raw ids in the label file, uint8 (H, W).
        label: the label as a Pillow image, for its mode and palette.
        files: content of the image file and of the label file.
    """

    frame: Frame
    image: np.ndarray
    ids: np.ndarray
    raw: np.ndarray
    label: Image.Image
    files: tuple[bytes, bytes]


def read_pair(frame: Frame, source: Source) -> Pair:
    """Reads a frame as ``LoadImageFromFile`` and ``LoadAnnotations`` do.

    Args:
        frame: the frame to read.
        source: the dataset of the frame.

    Raises:
        InputError: a file cannot be read, the sizes differ, or the label holds ids outside the
            classes.
    """
    where = f'{frame.image_path} and {frame.label_path}'
    with reading(dict(img_path=frame.image_path, seg_map_path=frame.label_path)):
        try:
            image_file = fileio.get(frame.image_path, backend_args=source.backend_args)
            label_file = fileio.get(frame.label_path, backend_args=source.backend_args)
            image = mmcv.imfrombytes(image_file, flag='color')
            if image is None:
                raise OSError('the image is cut short or none at all')
            label = Image.open(io.BytesIO(label_file))
            raw = np.array(label)
        except (ValueError, struct.error) as error:  # from Pillow, for some broken headers
            raise OSError(str(error)) from error
    if label.mode not in ID_MODES:
        raise InputError(
            f'{frame.label_path} is a PNG of mode {label.mode}, but ids are read from {ID_MODES} '
            '(palette or 8 bit gray); convert it'
        )
    raw = raw.astype(np.uint8)
    ids = cv2.LUT(raw, source.id_table)
    check_pair(image, ids, where)
    check_ids(ids, len(source.classes), f'the label {frame.label_path}')
    return Pair(frame, image, ids, raw, label, (image_file, label_file))


def raw_label(pair: Pair, translated: np.ndarray, id_table: np.ndarray) -> np.ndarray:
    """Computes the raw ids for the label file of a translation.

    Args:
        pair: the source frame.
        translated: class ids of its translation, uint8 (H, W).
        id_table: see :class:`source.Source`.

    Returns:
        uint8 (H, W): the source's raw id where the class is unchanged, and the lowest raw id of the
        new class elsewhere.
    """
    lowest = np.full(256, IGNORE, np.uint8)
    ids, first = np.unique(id_table, return_index=True)
    lowest[ids] = first
    return np.where(translated == pair.ids, pair.raw, cv2.LUT(translated, lowest))


def encode_image(image: np.ndarray, name: str) -> bytes:
    """Encodes an image in the format that the suffix of its file name tells.

    PNG is lossless. JPEG, for sources that use it, has quality 95 and full color resolution.

    Args:
        image: BGR uint8 (H, W, 3).
        name: name of the file.
    """
    suffix, options = FORMATS['png' if name.lower().endswith('.png') else 'jpeg']
    return cv2.imencode(suffix, image, options)[1].tobytes()


def encode_label(raw: np.ndarray, like: Image.Image) -> bytes:
    """Encodes a label PNG with the mode and the palette of another label.

    Args:
        raw: ids to write, uint8 (H, W).
        like: the other label.
    """
    image = Image.fromarray(raw)
    options = {}
    if like.mode == 'P':
        # The palette is extended to the greatest id, because a PNG is broken without it.
        beyond = 3 * (int(raw.max()) + 1)
        palette = like.getpalette() or []
        image.putpalette(palette + [0] * (beyond - len(palette)))
        options = {key: like.info[key] for key in ('transparency',) if key in like.info}
    file = io.BytesIO()
    image.save(file, 'PNG', compress_level=1, **options)
    return file.getvalue()
