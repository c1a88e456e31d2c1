"""The exponential moving average of the weights."""

import pytest
import tiny
import torch

from semgan_aug import load_translator
from semgan_aug.translator.checkpoint import latest_checkpoint


def test_running_mean_by_hand():
    torch.manual_seed(0)
    model, optim = tiny.build_semgan(ema_decay=0.75)
    weight = model.G.image_head[1].weight
    mean = weight.detach().clone()
    for k in range(30):
        model.train_step(tiny.batch(seed=k), optim)
        new = weight.detach().clone()
        decay = min(0.75, (1 + k) / (10 + k))  # so that the beginning is soon forgotten
        mean = decay * mean + (1 - decay) * new
    kept = model.ema['G'].module.image_head[1].weight
    assert torch.allclose(kept, mean, atol=1e-7) and not torch.equal(kept, weight)
    with torch.no_grad():
        before = model(**tiny.batch())['source']['image']
        weight.zero_()
        assert torch.equal(model(**tiny.batch())['source']['image'], before)  # pictures' forward
    trained = {id(p) for group in optim['generators'].param_groups for p in group['params']}
    assert not trained & {id(p) for p in model.ema.parameters()}


@pytest.mark.slow
def test_the_running_mean_is_what_is_used(make_runner, pair):
    runner = make_runner(**{'model.ema_decay': 0.5, 'train_cfg.max_iters': 3})
    runner.train()
    path = latest_checkpoint(runner.work_dir)
    state = torch.load(path, weights_only=True)['state_dict']
    used = load_translator(path).generator.state_dict()
    assert all(torch.equal(value, state[f'ema.G.module.{key}']) for key, value in used.items())
    assert not all(torch.equal(value, state[f'G.{key}']) for key, value in used.items())


@pytest.mark.parametrize('decay', [-0.1, 1.0])
def test_wrong_decay(decay):
    with pytest.raises(ValueError, match=f'ema_decay is {decay}'):
        tiny.build_semgan(ema_decay=decay)
