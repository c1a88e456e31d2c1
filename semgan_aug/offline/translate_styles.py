"""Translates one frame in several styles."""

import numpy as np
import torch
from torch import Tensor

from ..core.errors import InputError
from ..translator.translator import Translator


def translate_styles(
    translator: Translator, image: np.ndarray, ids: np.ndarray, styles: list[int]
) -> list[tuple[Tensor, Tensor]]:
    """Translates a frame in several styles.

    Args:
        translator: the translator on its device.
        image: BGR uint8 (H, W, 3).
        ids: class ids and 255, uint8 (H, W).
        styles: see :meth:`Translator.translate`.

    Returns:
        For each style, the image (3, H, W) and the class map (H, W), both uint8 on the translator's
        device, which may still be computing them.

    Raises:
        InputError: the device has not enough free memory for the frame.
    """
    pixels = torch.from_numpy(np.ascontiguousarray(image)).to(translator.device)
    pixels = pixels.permute(2, 0, 1)[None]
    labels = torch.from_numpy(np.ascontiguousarray(ids)).to(translator.device)[None]
    made = []
    for style in styles:
        try:
            output, output_ids = translator.translate_batch(pixels, labels, [style])
        except torch.cuda.OutOfMemoryError:
            raise InputError(
                f'a frame of {ids.shape[1]} x {ids.shape[0]} needs more memory than '
                f'{translator.device} has free; free it, or use --device cpu'
            ) from None
        made.append((output[0], output_ids[0]))
    return made


def to_arrays(image: Tensor, ids: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Waits for a translation and copies it to CPU memory.

    Args:
        image: uint8 (3, H, W), see :func:`translate_styles`.
        ids: uint8 (H, W).

    Returns:
        BGR uint8 (H, W, 3) and uint8 (H, W).
    """
    return image.permute(1, 2, 0).contiguous().cpu().numpy(), ids.contiguous().cpu().numpy()
