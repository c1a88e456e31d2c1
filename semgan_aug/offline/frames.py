"""A pair of files to a frame and back: pixels, class ids, and the label's own raw ids."""

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

#: Of label PNGs that hold ids, as Pillow names them.
ID_MODES = ('P', 'L', '1')


@dataclass
class Pair:
    """A frame in memory.

    Args:
        frame: which.
        image: BGR uint8 (H, W, 3).
        ids: class ids and 255, uint8 (H, W).
        raw: the same as the label file holds it, uint8 (H, W).
        label: the label file's header: mode and palette.
        files: the bytes of both files.
    """

    frame: Frame
    image: np.ndarray
    ids: np.ndarray
    raw: np.ndarray
    label: Image.Image
    files: tuple[bytes, bytes]


def read_pair(frame: Frame, source: Source) -> Pair:
    """Reads a frame as ``LoadImageFromFile`` and ``LoadAnnotations`` do.

    Raises:
        InputError: a file cannot be read, sizes differ, or the label holds ids of no class.
    """
    where = f'{frame.image_path} and {frame.label_path}'
    with reading(dict(img_path=frame.image_path, seg_map_path=frame.label_path)):
        try:
            files = tuple(
                fileio.get(path, backend_args=source.backend_args)
                for path in (frame.image_path, frame.label_path)
            )
            image = mmcv.imfrombytes(files[0], flag='color')
            if image is None:
                raise OSError('the image is cut short or none at all')
            label = Image.open(io.BytesIO(files[1]))
            raw = np.array(label)
        except (ValueError, struct.error) as error:  # of Pillow, for some broken headers
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
    return Pair(frame, image, ids, raw, label, files)


def raw_label(pair: Pair, translated: np.ndarray, id_table: np.ndarray) -> np.ndarray:
    """Raw ids of a translated class map: the source's own where its class survives.

    Elsewhere the lowest raw id of the new class.

    Args:
        pair: what was translated.
        translated: class ids, uint8 (H, W).
        id_table: see :class:`source.Source`.
    """
    lowest = np.full(256, IGNORE, np.uint8)
    ids, first = np.unique(id_table, return_index=True)
    lowest[ids] = first
    return np.where(translated == pair.ids, pair.raw, cv2.LUT(translated, lowest))


def encode_image(image: np.ndarray, name: str) -> bytes:
    """A BGR uint8 (H, W, 3) image in the format of a file name.

    PNG without loss. JPEG, where the source has only that, in the finest that readers of the
    source's name and format are sure to have: quality 95, full color resolution.
    """
    suffix, options = FORMATS['png' if name.lower().endswith('.png') else 'jpeg']
    return cv2.imencode(suffix, image, options)[1].tobytes()


def encode_label(raw: np.ndarray, like: Image.Image) -> bytes:
    """Ids as a PNG with the mode and the palette of another label."""
    image = Image.fromarray(raw)
    options = {}
    if like.mode == 'P':
        # Ids beyond the palette's end would make a broken file.
        beyond = 3 * (int(raw.max()) + 1)
        palette = like.getpalette()
        image.putpalette(palette + [0] * (beyond - len(palette)))
        options = {key: like.info[key] for key in ('transparency',) if key in like.info}
    file = io.BytesIO()
    image.save(file, 'PNG', compress_level=1, **options)
    return file.getvalue()
