"""Turns errors of image readers into one sentence that names the files."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
from PIL import Image

from ..core.errors import InputError, user_message


@contextmanager
def reading(info: dict) -> Iterator[None]:
    """Turns errors of image readers inside the ``with`` block into one sentence.

    Args:
        info: data info of the frame, as mmseg's ``get_data_info`` returns it.

    Raises:
        InputError: a reader in the block could not read a file; the message names the files.
    """
    try:
        yield
    except (AssertionError, OSError, cv2.error, SyntaxError, Image.DecompressionBombError) as error:
        files = ' or '.join(str(info[k]) for k in ('img_path', 'seg_map_path') if k in info)
        reason = user_message(error) or type(error).__name__
        raise InputError(
            f'{files} cannot be read ({reason}); copy the file again or leave the pair out'
        ) from error
