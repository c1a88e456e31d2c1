"""Draws one MiniStreets frame: the image and its exact class map."""

import numpy as np

from ...core.errors import InputError
from .appearance import APPEARANCES
from .layout import LAYOUTS
from .render import render
from .scene import draw_scene

DOMAINS = tuple(LAYOUTS)
MIN_SIDE = 16
#: Version of the renderer; each version has its own folder of frames.
VERSION = 1

__all__ = ['DOMAINS', 'MIN_SIDE', 'VERSION', 'draw_frame']


def draw_frame(
    domain: str, index: int, seed: int = 0, size: tuple[int, int] = (96, 160)
) -> tuple[np.ndarray, np.ndarray]:
    """Draws one street frame; the same arguments always give the same frame.

    Args:
        domain: ``'game'`` (a sunny video game) or ``'camera'`` (an overcast dash camera).
        index: Number of the frame, 0 or greater.
        seed: Seed of the series of frames, 0 or greater.
        size: Rows and columns, each at least 16.

    Returns:
        The BGR image, (H, W, 3) uint8, and its class ids, (H, W) uint8 in 0..9.

    Raises:
        InputError: an argument is outside its range.

    Example:
        >>> image, ids = draw_frame('camera', index=7, size=(96, 160))
        >>> image.shape, ids.shape, int(ids.max())
        ((96, 160, 3), (96, 160), 9)
    """
    if domain not in LAYOUTS:
        raise InputError(
            f'Unknown domain {domain!r}: MiniStreets draws {" and ".join(map(repr, DOMAINS))}, '
            'so pass one of these.'
        )
    if index < 0 or seed < 0 or max(index, seed) >= 2**32:
        raise InputError(
            f'index={index} and seed={seed} cannot be drawn: both must lie in 0..2**32-1, '
            'so choose whole numbers from this range.'
        )
    if len(size) != 2 or min(size) < MIN_SIDE:
        raise InputError(
            f'size={size!r} is too small: MiniStreets draws frames of (rows, columns) with at '
            f'least {MIN_SIDE} each, so choose a larger size such as (96, 160).'
        )
    start = (DOMAINS.index(domain), seed, index)
    scene = draw_scene(LAYOUTS[domain], np.random.RandomState([0, *start]), size)
    image = render(scene, APPEARANCES[domain], np.random.RandomState([1, *start]))
    return image, scene.labels()
