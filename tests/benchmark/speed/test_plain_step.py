"""The plain steps are what they are called."""

import re

import pytest
import tiny
import torch

from semgan_aug.benchmark.speed.plain_step import plain_step
from semgan_aug.benchmark.speed.training import optimizers
from semgan_aug.models.cyclegan import CycleGAN
from semgan_aug.models.networks import ImageGenerator


def cyclegan():
    return CycleGAN(3, dict(base_channels=4, num_blocks=1), dict(base_channels=4, num_strided=2))


@pytest.mark.parametrize('build', [lambda: tiny.build_semgan()[0], cyclegan])
def test_the_plain_step_is_the_same_training(build):
    """Same losses in the same order of networks: two steps, so that the weights count, too."""
    torch.manual_seed(0)
    ours, plain = build(), build()
    plain.load_state_dict(ours.state_dict())
    optims = optimizers(ours), optimizers(plain)
    for seed in range(2):
        data = tiny.batch(seed=seed, n=2)
        batch = plain.data_preprocessor(data)
        expected = {
            re.sub(r'^loss_(eq\d_)?', '', name): value.item()
            for name, value in ours.train_step(data, optims[0]).items()
        }
        found = plain_step(plain, batch['source'], batch['target'], optims[1])
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, rel=2e-4), name


def test_image_generator_is_cyclegans():
    """11.38 M parameters with nearest upsampling and a 3x3 convolution, at the usual width."""
    w, blocks = 64, 9
    convs = [(3, w, 7), (w, 2 * w, 3), (2 * w, 4 * w, 3), *[(4 * w, 4 * w, 3)] * 2 * blocks]
    convs += [(4 * w, 2 * w, 3), (2 * w, w, 3), (w, 3, 7)]
    expected = sum(cin * cout * k * k + cout for cin, cout, k in convs)
    net = ImageGenerator()
    assert sum(p.numel() for p in net.parameters()) == expected == 11_378_179
    assert ImageGenerator(4, 1)(torch.zeros(1, 3, 16, 24)).shape == (1, 3, 16, 24)
