"""MiniStreets frames are reproducible, and their class maps are exact."""

import cv2
import numpy as np
import pytest

from semgan_aug.core.classes import MINISTREETS
from semgan_aug.datasets.ministreets.frame import DOMAINS, draw_frame


@pytest.mark.parametrize('domain', DOMAINS)
def test_same_arguments_give_same_frame(domain):
    first = draw_frame(domain, 7, seed=3)
    draw_frame(domain, 8, seed=3)
    second = draw_frame(domain, 7, seed=3)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_index_seed_and_domain_change_the_frame():
    labels = [
        draw_frame(domain, index, seed)[1]
        for domain, index, seed in (
            ('game', 0, 0),
            ('game', 1, 0),
            ('game', 0, 1),
            ('camera', 0, 0),
        )
    ]
    for k, one in enumerate(labels):
        for other in labels[k + 1 :]:
            assert (one != other).mean() > 0.05


@pytest.mark.parametrize('domain', DOMAINS)
def test_every_class_occurs_and_types_are_right(domain):
    pixels = np.zeros(MINISTREETS.num_classes, int)
    frames_with = np.zeros(MINISTREETS.num_classes, int)
    for index in range(50):
        image, labels = draw_frame(domain, index)
        assert image.shape == (96, 160, 3) and image.dtype == np.uint8
        assert labels.shape == (96, 160) and labels.dtype == np.uint8
        counts = np.bincount(labels.ravel(), minlength=MINISTREETS.num_classes)
        assert len(counts) == MINISTREETS.num_classes
        pixels += counts
        frames_with += counts > 0
    assert (frames_with >= 10).all(), frames_with
    assert (pixels >= 0.002 * pixels.sum()).all(), pixels


def test_labels_fit_the_image_to_the_pixel():
    """In the game the sky is bluer or whiter than what it borders on, right up to the border."""
    hits = total = 0
    for index in range(20):
        image, labels = draw_frame('game', index)
        sky = labels == MINISTREETS.classes.index('sky')
        inner = cv2.erode(sky.astype(np.uint8), np.ones((3, 3))).astype(bool)
        edge = sky & ~inner
        # Sky pixels on the border look like the sky inside: their nearest inner pixel in the
        # same row differs by no more than the gradient and the clouds do.
        for row in np.unique(np.nonzero(edge)[0]):
            inside = np.nonzero(inner[row])[0]
            if not len(inside):
                continue
            columns = np.nonzero(edge[row])[0]
            nearest = inside[np.abs(columns[:, None] - inside[None]).argmin(1)]
            close = np.abs(columns - nearest) <= 2
            gap = np.abs(
                image[row, columns[close]].astype(int) - image[row, nearest[close]].astype(int)
            )
            hits += (gap.max(1) < 60).sum()
            total += close.sum()
    assert total > 500
    assert hits / total > 0.97


@pytest.mark.parametrize('domain', DOMAINS)
@pytest.mark.parametrize('size', [(16, 16), (33, 57), (97, 161), (120, 40), (256, 448)])
def test_odd_sizes(domain, size):
    for index in range(3):
        image, labels = draw_frame(domain, index, size=size)
        assert image.shape == (*size, 3) and labels.shape == size
        assert labels.max() < MINISTREETS.num_classes


def test_a_larger_frame_shows_the_same_street():
    small, large = draw_frame('camera', 5)[1], draw_frame('camera', 5, size=(192, 320))[1]
    assert (large[::2, ::2] == small).mean() > 0.9


@pytest.mark.parametrize(
    'arguments', [('moon', 0), ('game', -1), ('game', 0, -1), ('game', 0, 0, (8, 160))]
)
def test_draw_frame_refuses(arguments):
    with pytest.raises(ValueError, match=r'choose|pass'):
        draw_frame(*arguments)
