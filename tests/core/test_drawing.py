"""Pictures for people: colors of class maps, and the layout of a grid."""

import numpy as np

from semgan_aug.core.drawing import CAPTION, GAP, color_ids, grid

PALETTE = [[10, 20, 30], [200, 100, 0]]


def test_class_colors_are_bgr_and_ignored_pixels_black():
    picture = color_ids(np.array([[0, 1, 255]], np.uint8), PALETTE)
    assert picture.tolist() == [[[30, 20, 10], [0, 100, 200], [0, 0, 0]]]


def test_grid_keeps_every_tile():
    tiles = [[np.full((6, 8, 3), 10 * (3 * y + x), np.uint8) for x in range(3)] for y in range(2)]
    picture = grid(tiles, ['a', 'b', 'c'], scale=2)
    # Tiles of 12 x 16, captions above.
    assert picture.shape == (CAPTION + 2 * (12 + GAP), 3 * (16 + GAP) - GAP, 3)
    for y in range(2):
        for x in range(3):
            top, left = CAPTION + y * (12 + GAP), x * (16 + GAP)
            assert (picture[top : top + 12, left : left + 16] == 10 * (3 * y + x)).all()
    assert (picture[CAPTION:, 16 : 16 + GAP] == 255).all()  # between the tiles
    assert (picture[:CAPTION] != 255).any()  # the captions


def test_a_long_caption_stays_in_its_column():
    tiles = [[np.zeros((4, 40, 3), np.uint8)] * 2]
    picture = grid(tiles, ['a caption that is far too long for forty pixels', ''])
    assert (picture[:CAPTION, 40:] == 255).all()
