"""Equations 2 to 6 against numbers computed by hand."""

import pytest
import torch

from semgan_aug.models import losses

LN2 = 0.6931472
LN4 = 1.3862944
LN4_3 = 0.2876821  # -ln 0.75


def pixels(*columns):
    """Class scores (1, C, 1, W) from one tuple of C numbers per pixel."""
    return torch.tensor(columns).T[None, :, None, :].clone().requires_grad_()


def ids(*values):
    return torch.tensor([[values]], dtype=torch.uint8)


def image(*values):
    """(1, 3, 1, W), the same in the three channels."""
    return torch.tensor(values).expand(1, 3, 1, -1)


# Scores for real 1/2 and 2. lsgan: (s - 1)^2 if real, s^2 if fake, averaged.
@pytest.mark.parametrize(
    'real, expected',
    [
        (True, 0.625),  # (0.25 + 1) / 2
        (False, 2.125),  # (0.25 + 4) / 2
    ],
)
def test_eq4_lsgan(real, expected):
    loss = losses.adversarial_loss(torch.tensor([[[[0.5, 2.0]]]]), real, 'lsgan')
    assert loss.item() == pytest.approx(expected, abs=1e-6)


# Scores 0 and ln 3 are the probabilities 1/2 and 3/4 of being real.
@pytest.mark.parametrize(
    'real, expected',
    [
        (True, (LN2 + LN4_3) / 2),  # -ln 1/2, -ln 3/4
        (False, (LN2 + LN4) / 2),  # -ln (1 - 1/2), -ln (1 - 3/4)
    ],
)
def test_eq4_vanilla(real, expected):
    loss = losses.adversarial_loss(torch.tensor([0.0, 1.0986123]), real, 'vanilla')
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_eq4_default_is_lsgan_and_other_modes_are_refused():
    scores = torch.tensor([3.0])
    assert losses.adversarial_loss(scores, True).item() == pytest.approx(4.0)  # (3 - 1)^2
    with pytest.raises(ValueError, match=r"gan mode 'wgan' is unknown; use one of .*'vanilla'"):
        losses.adversarial_loss(scores, True, 'wgan')


def test_eq3_averages_over_the_pixels_that_count():
    # softmax (ln 3, 0) = (3/4, 1/4), id 0: ln 4/3.  (0, 0), id 1: ln 2.  The third is ignored.
    scores = pixels((1.0986123, 0.0), (0.0, 0.0), (9.0, -9.0))
    loss = losses.semantic_consistency_loss(scores, ids(0, 1, 255))
    assert loss.item() == pytest.approx((LN4_3 + LN2) / 2, abs=1e-6)
    loss.backward()
    # d/dscores = (softmax - onehot) / 2: (3/4 - 1, 1/4) / 2 and (1/2, 1/2 - 1) / 2.
    expected = torch.tensor([[-0.125, 0.25, 0.0], [0.125, -0.25, 0.0]])
    torch.testing.assert_close(scores.grad[0, :, 0], expected)


def test_eq3_of_an_ignored_map_is_zero():
    scores = pixels((1.0, 2.0), (3.0, 4.0))
    loss = losses.semantic_consistency_loss(scores, ids(255, 255))
    loss.backward()
    assert loss.item() == 0 and scores.grad.abs().sum() == 0


def test_eq3_in_a_batch_is_the_mean_over_its_frames():
    # Sample one has one counted pixel (ln 2), sample two has three (ln 4/3 each).
    scores = torch.zeros(2, 2, 1, 3)
    scores[1, 0] = 1.0986123
    maps = torch.tensor([[[0, 255, 255]], [[0, 0, 0]]], dtype=torch.uint8)
    loss = losses.semantic_consistency_loss(scores, maps)
    assert loss.item() == pytest.approx((LN2 + LN4_3) / 2, abs=1e-6)


def test_eq5_and_eq6():
    # |0.5 - 1| = 0.5, |-1 - 1| = 2, in three channels alike: mean 1.25.
    output, target = image(0.5, -1.0), image(1.0, 1.0)
    scores = pixels((0.0, 0.0), (1.0986123, 0.0))  # ln 2 for id 0, ln 4 for id 1
    l1, ce = losses.pair_loss(output, scores, target, ids(0, 1))
    assert l1.item() == pytest.approx(1.25)
    assert ce.item() == pytest.approx((LN2 + LN4) / 2, abs=1e-6)


def test_eq5_and_eq6_ignore_only_the_class_map():
    # An ignored pixel still has a color: (0.5 + 2) / 2; its class does not count.
    l1, ce = losses.pair_loss(
        image(0.5, -1.0), pixels((0.0, 0.0), (5.0, 0.0)), image(1.0, 1.0), ids(0, 255)
    )
    assert l1.item() == pytest.approx(1.25)
    assert ce.item() == pytest.approx(LN2, abs=1e-6)


# Pixel:            0  1    2    3  4
# input class       0  1  255    2  0
# output class      0  0    2    1  1
# |x - output|      1  2    4    8  16 (eighths), the same in three channels
BEFORE, AFTER = ids(0, 1, 255, 2, 0), ids(0, 0, 2, 1, 1)
X, OUTPUT = image(0.0, 0.0, 0.0, 0.0, 0.0), image(0.125, -0.25, 0.5, -1.0, 2.0)


@pytest.mark.parametrize(
    'indicator, transfigured, expected',
    [
        # Class 1 is in neither map at pixels 0 and 2: (1/8 + 4/8) / 5 pixels.
        ('background', (1,), 0.125),
        # Classes 1 and 2 in neither map: pixel 0 only, (1/8) / 5.
        ('background', (1, 2), 0.025),
        # Nothing is transfigured, so all is background: (1 + 2 + 4 + 8 + 16) / 8 / 5.
        ('background', (), 0.775),
        # The maps differ at 1, 3 and 4 (2 is ignored): (2 + 8 + 16) / 8 / 5.
        ('changed', (1,), 0.65),
    ],
)
def test_eq2(indicator, transfigured, expected):
    loss = losses.object_transfiguration_loss(OUTPUT, X, BEFORE, AFTER, transfigured, indicator)
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_eq2_moves_only_the_chosen_pixels():
    output = OUTPUT.clone().requires_grad_()
    losses.object_transfiguration_loss(output, X, BEFORE, AFTER, (1,), 'background').backward()
    # The sign of output - x over 3 * 5 values, at pixels 0 and 2.
    expected = torch.tensor([1.0, 0, 1, 0, 0]) / 15
    torch.testing.assert_close(output.grad[0, 0, 0], expected)


def test_eq2_refuses_a_third_reading():
    with pytest.raises(ValueError, match=r"indicator 'both' is unknown; use one of .*'changed'"):
        losses.object_transfiguration_loss(OUTPUT, X, BEFORE, AFTER, (1,), 'both')
