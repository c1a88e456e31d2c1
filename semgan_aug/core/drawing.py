"""Drawing for reports: class maps in color, and grids of frames with captions."""

import cv2
import numpy as np

from .classes import IGNORE

GAP = 4  # pixels of white between tiles
CAPTION = 18  # pixels of height for a caption


def color_ids(ids: np.ndarray, palette: list) -> np.ndarray:
    """Draws a class map with the colors of a palette.

    Args:
        ids: uint8 (H, W), 255 = ignore.
        palette: one [R, G, B] in 0 ... 255 per class.

    Returns:
        BGR uint8 (H, W, 3); ignored pixels are black.

    Example:
        >>> color_ids(np.array([[0, 255]], np.uint8), [[128, 64, 32]]).tolist()
        [[[32, 64, 128], [0, 0, 0]]]
    """
    table = np.zeros((256, 3), np.uint8)
    table[: len(palette)] = np.array(palette, np.uint8)[:, ::-1]
    table[IGNORE] = 0
    return table[ids]


def grid(rows: list[list[np.ndarray]], captions: list[str], scale: int = 1) -> np.ndarray:
    """Arranges tiles in a grid with a caption above each column.

    Args:
        rows: BGR uint8 tiles (H, W, 3), all of one size.
        captions: one caption per column.
        scale: each pixel is drawn as scale x scale pixels.

    Returns:
        The picture, BGR uint8.
    """
    h, w = (side * scale for side in rows[0][0].shape[:2])
    height, width = CAPTION + len(rows) * (h + GAP), len(captions) * (w + GAP) - GAP
    canvas = np.full((height, width, 3), 255, np.uint8)
    for x, caption in enumerate(captions):
        _write(canvas, caption, (x * (w + GAP) + 2, CAPTION - 5), w)
    for y, row in enumerate(rows):
        for x, tile in enumerate(row):
            tile = cv2.resize(tile, (w, h), interpolation=cv2.INTER_NEAREST)
            top, left = CAPTION + y * (h + GAP), x * (w + GAP)
            canvas[top : top + h, left : left + w] = tile
    return canvas


def _write(canvas: np.ndarray, text: str, at: tuple[int, int], width: int) -> None:
    """Writes black text at its lower left corner (x, y), smaller if ``width`` is too narrow."""
    font, size = cv2.FONT_HERSHEY_SIMPLEX, 0.42
    needed = cv2.getTextSize(text, font, size, 1)[0][0]
    size *= min(1.0, (width - 4) / max(needed, 1))
    cv2.putText(canvas, text, at, font, size, (0, 0, 0), 1, cv2.LINE_AA)
