"""The mean and variance of a map from its strips."""

import torch

from semgan_aug.translator.strip_statistics import StripStatistics


def test_statistics_do_not_cancel():
    """Small deviations about a large mean, in strips of unequal height."""
    torch.manual_seed(0)
    x = 1000 + 0.01 * torch.randn(1, 3, 50, 20, dtype=torch.float64)
    statistics = StripStatistics()
    for strip in x.split((7, 1, 30, 12), 2):
        statistics.add(strip)
    mean, var = statistics.of_groups(3)
    assert torch.allclose(mean, x.mean((0, 2, 3)), rtol=1e-14)
    assert torch.allclose(var, x.var((0, 2, 3), correction=0), rtol=1e-8)
