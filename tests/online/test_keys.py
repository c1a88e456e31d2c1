"""Digests, styles and keys: the same as in every cache that was ever filled."""

import numpy as np
import pytest

from semgan_aug.online.keys import MAX_STYLE, frame_digest, translation_key, variant_style

IMAGE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
IDS = np.arange(8, dtype=np.uint8).reshape(2, 4)
FRAME = frame_digest(IMAGE, IDS)


def test_values():
    """Computed by version 0.1.0; another value, and no cached frame would be found again."""
    assert FRAME.hex() == 'ded4b4ea2b681cd6b904c5f146cd16ad'
    assert translation_key(FRAME, None) == FRAME
    assert translation_key(FRAME, 5).hex() == '8edf2487dcf46172279f7422da98bf9c'
    assert [variant_style(FRAME, k) for k in range(3)] == [1294120377, 643955147, 1238599423]


@pytest.mark.parametrize('dtype', [np.uint8, np.int64])
def test_a_digest_stands_for_pixels_and_shape(dtype):
    image = IMAGE.astype(dtype)
    digest = frame_digest(image, IDS)
    assert frame_digest(np.asfortranarray(image), IDS.T.copy().T) == digest
    changed = image.copy()
    changed[1, 2, 0] += 1
    ids = IDS.copy()
    ids[0, 0] = 255
    others = [
        frame_digest(changed, IDS),
        frame_digest(image, ids),
        frame_digest(image.reshape(4, 2, 3), IDS.reshape(4, 2)),
    ]
    assert len({digest, *others}) == 4


def test_styles_are_spread_and_in_range():
    styles = [variant_style(bytes([n]) * 16, k) for n in range(50) for k in range(4)]
    assert len(set(styles)) == 200 and min(styles) >= 0 and max(styles) <= MAX_STYLE
    assert 0.4 < np.mean(styles) / MAX_STYLE < 0.6
