"""Pixels and class maps to network tensors and back."""

import numpy as np
import pytest
import torch

from semgan_aug.core.encoding import (
    CLASS_MAP_MODES,
    check_ids,
    check_pair,
    decode_ids,
    decode_image,
    encode_generated,
    encode_ids,
    encode_image,
    join,
)

IDS = torch.tensor([[[0, 1, 2], [255, 2, 0]]], dtype=torch.uint8)


def test_all_256_pixel_values_come_back():
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    encoded = encode_image(pixels)
    assert encoded.dtype == torch.float32
    assert (encoded.min(), encoded.max()) == (-1, 1)
    assert torch.equal(decode_image(encoded), pixels)


def test_decoded_pixels_are_rounded_and_clamped():
    # 0.4 and 0.6 of a step above 0, beyond both ends.
    values = torch.tensor([-1 + 0.4 / 127.5, -1 + 0.6 / 127.5, -1.5, 1.5])
    assert decode_image(values).tolist() == [0, 1, 0, 255]


def test_ids_to_channels_and_back():
    channels = encode_ids(IDS, 3)
    assert channels.shape == (1, 3, 2, 3) and channels.dtype == torch.float32
    expected = torch.full((3, 2, 3), -1.0)
    for row, column, i in ((0, 0, 0), (0, 1, 1), (0, 2, 2), (1, 1, 2), (1, 2, 0)):
        expected[i, row, column] = 1  # and the ignored pixel (1, 0) is -1 everywhere
    assert torch.equal(channels[0], expected)
    back = decode_ids(channels, IDS)
    assert back.dtype == torch.uint8 and torch.equal(back, IDS)


def test_decode_keeps_ignored_pixels_whatever_the_scores_say():
    scores = torch.zeros(1, 3, 2, 3)
    scores[:, 1] = 5
    assert decode_ids(scores, IDS).tolist() == [[[1, 1, 1], [255, 1, 1]]]


def test_join_is_image_then_classes():
    pair = join(torch.full((1, 3, 2, 3), 0.5), encode_ids(IDS, 3))
    assert pair.shape == (1, 6, 2, 3)
    assert (pair[:, :3] == 0.5).all() and torch.equal(pair[:, 3:], encode_ids(IDS, 3))


@pytest.fixture
def logits():
    torch.manual_seed(0)
    return torch.randn(1, 3, 2, 3, requires_grad=True)


@pytest.mark.parametrize('mode', [mode for mode in CLASS_MAP_MODES if mode != 'argmax'])
def test_ignored_stays_ignored_and_passes_no_gradient(logits, mode):
    channels = encode_generated(logits, IDS, mode)
    assert channels[0, :, 1, 0].tolist() == [-1, -1, -1]
    assert (channels.detach() != -1).any(1).sum() == 5
    (channels * torch.randn_like(channels)).sum().backward()
    assert (logits.grad[0, :, 1, 0] == 0).all()
    assert logits.grad.abs().sum(1).gt(0).sum() == 5


@pytest.mark.parametrize('mode', ['straight_through', 'gumbel'])
def test_hard_modes_look_like_real_maps(logits, mode):
    torch.manual_seed(1)
    channels = encode_generated(logits * 20, IDS, mode).detach()
    # Exactly: a residue of rounding would tell a generated map from a real one.
    assert set(channels.unique().tolist()) == {-1.0, 1.0}
    assert ((channels == 1).sum(1) == (IDS != 255)).all()


def test_straight_through_is_argmax_with_the_gradient_of_softmax(logits):
    weight = torch.randn(1, 3, 2, 3)
    channels = encode_generated(logits, IDS, 'straight_through')
    hard = encode_ids(logits.argmax(1).masked_fill(IDS == 255, 255), 3)
    assert torch.equal(channels.detach(), hard)
    (channels * weight).sum().backward()
    p = logits.detach().softmax(1)
    # d/dlogits of sum w (2 p - 1) = 2 p (w - sum w p), 0 where ignored.
    expected = 2 * p * (weight - (weight * p).sum(1, keepdim=True))
    expected = expected * (IDS != 255).unsqueeze(1)
    torch.testing.assert_close(logits.grad, expected)


def test_argmax_is_hard_and_without_gradient(logits):
    channels = encode_generated(logits, IDS, 'argmax')
    assert torch.equal(channels, encode_ids(logits.argmax(1).masked_fill(IDS == 255, 255), 3))
    assert not channels.requires_grad


def test_soft_is_scaled_probabilities(logits):
    channels = encode_generated(logits, IDS, 'soft')
    keep = (IDS != 255).unsqueeze(1).expand_as(channels)
    torch.testing.assert_close(channels[keep], (logits.softmax(1) * 2 - 1)[keep])


def test_gumbel_samples(logits):
    torch.manual_seed(0)
    even = torch.zeros(1, 3, 60, 50)
    drawn = encode_generated(even, torch.zeros(1, 60, 50, dtype=torch.uint8), 'gumbel')
    share = (drawn == 1).float().mean((0, 2, 3))
    assert (share - 1 / 3).abs().max() < 0.05  # 3000 draws: five deviations


def test_unknown_mode(logits):
    with pytest.raises(ValueError, match=r"class map mode 'hard' is unknown; use one of .*'soft'"):
        encode_generated(logits, IDS, 'hard')


@pytest.mark.parametrize('kind', [np.asarray, torch.as_tensor])
def test_check_ids_names_file_ids_and_what_is_allowed(kind):
    check_ids(kind([[0, 2, 255]]), 3, 'a.png')
    with pytest.raises(ValueError, match=r'a.png holds the ids \[3, 34\], .* 0 ... 2 and 255'):
        check_ids(kind([[34, 3], [34, 0]]), 3, 'a.png')


def test_check_ids_finds_negative_ids():
    with pytest.raises(ValueError, match=r'holds the ids \[-1\]'):
        check_ids(torch.tensor([0, -1]), 3, 'a.png')


GOOD_IMAGE, GOOD_IDS = np.zeros((4, 6, 3), np.uint8), np.zeros((4, 6), np.uint8)


@pytest.mark.parametrize(
    'image, ids, message',
    [
        (
            GOOD_IMAGE[..., 0],
            GOOD_IDS,
            r'image of x.png is uint8 \(4, 6\), but BGR uint8',
        ),
        (np.zeros((4, 6, 4), np.uint8), GOOD_IDS, r'image of x.png is uint8 \(4, 6, 4\)'),
        (GOOD_IMAGE.astype(np.uint16), GOOD_IDS, r'image of x.png is uint16 \(4, 6, 3\)'),
        (GOOD_IMAGE.astype(np.float32), GOOD_IDS, r'image of x.png is float32'),
        (GOOD_IMAGE, GOOD_IDS.astype(np.int64), r'class map of x.png is int64 \(4, 6\)'),
        (GOOD_IMAGE, GOOD_IMAGE, r'class map of x.png is uint8 \(4, 6, 3\)'),
        (GOOD_IMAGE, GOOD_IDS[:, :5], r'x.png: the image is 6 x 4 and the class map 5 x 4 pixels'),
    ],
)
def test_check_pair(image, ids, message):
    check_pair(GOOD_IMAGE, GOOD_IDS, 'x.png')
    with pytest.raises(ValueError, match=message) as error:
        check_pair(image, ids, 'x.png')
    assert '\n' not in str(error.value)
