"""Reads the size of an image from the header of its file."""

import struct
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from .errors import InputError

PNG_SIGNATURE = b'\x89PNG\r\n\x1a\n'
#: The EXIF tag of the orientation, and its values that swap width and height.
ORIENTATION, SWAPPED = 0x0112, (5, 6, 7, 8)


def image_size(
    path: str | Path, formats: tuple[str, ...] | None = None, oriented: bool = False
) -> tuple[int, int]:
    """Reads the width and height of an image file; the pixels are not decoded.

    Args:
        path: a local file.
        formats: allowed formats as Pillow names them, e.g. ``('PNG',)``; None allows all.
        oriented: apply the EXIF orientation as ``mmcv.imread`` does for color images. mmseg reads
            label files without it.

    Returns:
        Width and height in pixels.

    Raises:
        InputError: the file is not an image of one of these formats.
        OSError: the file cannot be read.

    Example:
        >>> from PIL import Image
        >>> Image.new('L', (160, 96)).save('frame.png')
        >>> image_size('frame.png')
        (160, 96)
    """
    with open(path, 'rb') as file:
        head = file.read(24)
        png = len(head) == 24 and head.startswith(PNG_SIGNATURE)
        if png and not oriented and (formats is None or 'PNG' in formats):
            # For 24,966 frames on a network drive it matters to read 24 bytes of each file.
            width, height = struct.unpack('>II', head[16:])
            return width, height
        file.seek(0)
        try:
            with Image.open(file, formats=formats) as image:
                width, height = image.size
                # PngImageFile.getexif() would decode the pixels.
                turned = oriented and Image.Image.getexif(image).get(ORIENTATION) in SWAPPED
        except (UnidentifiedImageError, Image.DecompressionBombError) as error:
            kind = f'a {" or ".join(formats)}' if formats else 'an image'
            raise InputError(f"'{path}' is not {kind} file; download it again.") from error
    return (height, width) if turned else (width, height)
