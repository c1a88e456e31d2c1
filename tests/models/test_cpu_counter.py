"""Counts that stay on the host."""

import pytest
from torch import nn

from semgan_aug.models.class_colors import ClassColorBank
from semgan_aug.models.ema import ExponentialMovingAverage


@pytest.mark.parametrize(
    'module', [ClassColorBank(3), ExponentialMovingAverage(nn.Conv2d(1, 1, 1), 0.5)]
)
def test_counts_stay_on_the_host(module):
    module = module.to('meta')
    assert module.count.device.type == 'cpu'
    assert {t.device.type for k, t in module.state_dict().items() if k != 'count'} == {'meta'}
