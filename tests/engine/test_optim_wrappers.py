"""One optimizer for the generators, one for the discriminators."""

import pytest
import tiny
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmseg.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS
from torch import nn

from semgan_aug.engine.optim_wrappers import LossScaleOptimWrapper, SemGANOptimWrapperConstructor


def networks(amp_dtype=None, width=4, blocks=1):
    return dict(
        generator=dict(base_channels=width, num_blocks=blocks, amp_dtype=amp_dtype),
        discriminator=dict(base_channels=width, num_strided=1, amp_dtype=amp_dtype),
    )


def sgd(model, kind, **options):
    """With a large rate, so that a gradient that was scaled wrongly would show."""
    networks = dict(generators=(model.G, model.F), discriminators=(model.D_T, model.D_S))
    params = {
        name: [p for net in nets for p in net.parameters()] for name, nets in networks.items()
    }
    optim = {
        name: kind(optimizer=torch.optim.SGD(p, lr=0.01), **options) for name, p in params.items()
    }
    return OptimWrapperDict(**optim)


def test_float16_has_a_scaler_for_each_optimizer():
    _, optim = tiny.build_semgan(**networks('float16'))
    scalers = [wrapper.loss_scaler for wrapper in optim.values()]
    assert len(set(map(id, scalers))) == 2
    model, _ = tiny.build_semgan(**networks('float16'))
    optim = sgd(model, LossScaleOptimWrapper, init_scale=1024.0)
    log = model.train_step(tiny.batch(seed=0, n=2), optim)
    assert all(value.dtype == torch.float32 for value in log.values())
    state = optim.state_dict()
    assert {name: part['loss_scaler']['scale'] for name, part in state.items()} == dict(
        generators=1024, discriminators=1024
    )
    again = sgd(model, LossScaleOptimWrapper)
    again.load_state_dict(state)
    assert [w.loss_scaler.state_dict()['scale'] for w in again.values()] == [1024, 1024]


@pytest.mark.parametrize('init_scale', [64.0, 1024.0])
def test_float16_step_is_the_float32_step(init_scale):
    """But for rounding: 10 % here, where a step in bfloat16 is 23 % off, whatever the scale."""
    results = {}
    for amp_dtype, kind, options in (
        (None, OptimWrapper, {}),
        ('float16', LossScaleOptimWrapper, dict(init_scale=init_scale)),
    ):
        torch.manual_seed(0)
        model, _ = tiny.build_semgan(**networks(amp_dtype))
        before = nn.utils.parameters_to_vector(model.parameters()).detach().clone()
        model.train_step(tiny.batch(seed=0, n=2), sgd(model, kind, **options))
        results[amp_dtype] = nn.utils.parameters_to_vector(model.parameters()).detach() - before
    error = (results['float16'] - results[None]).norm() / results[None].norm()
    assert 0 < error < 0.2


def test_a_step_that_overflows_is_left_out():
    model, _ = tiny.build_semgan(**networks('float16'))
    optim = sgd(model, LossScaleOptimWrapper, init_scale=2.0**40)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    model.train_step(tiny.batch(n=2), optim)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert [w.loss_scaler.get_scale() for w in optim.values()] == [2.0**39] * 2


def test_bfloat16_has_no_scaler():
    _, optim = tiny.build_semgan(**networks('bfloat16'))
    assert not any(hasattr(wrapper, 'loss_scaler') for wrapper in optim.values())


def test_optimizer_config():
    with pytest.raises(ValueError, match=r"entries \['optimizer', 'type'\].*'discriminators'"):
        SemGANOptimWrapperConstructor(dict(type='OptimWrapper', optimizer=dict(type='Adam')))
    model, optim = tiny.build_semgan()
    held = {
        name: {id(p) for group in optim[name].optimizer.param_groups for p in group['params']}
        for name in ('generators', 'discriminators')
    }
    assert held['generators'] == {id(p) for net in (model.G, model.F) for p in net.parameters()}
    assert held['discriminators'] == {
        id(p) for net in (model.D_T, model.D_S) for p in net.parameters()
    }


def optimizers(model, count):
    sgd = dict(optimizer=dict(type='SGD', lr=0.1), accumulative_counts=count)
    constructor = OPTIM_WRAPPER_CONSTRUCTORS.build(
        dict(
            type='SemGANOptimWrapperConstructor',
            optim_wrapper_cfg=dict(generators=sgd, discriminators=sgd),
        )
    )
    return constructor(model)


def test_gathered_gradients_are_those_of_one_batch():
    whole = tiny.batch(n=2)
    parts = [
        {
            key: {domain: samples[i : i + 1] for domain, samples in value.items()}
            for key, value in whole.items()
        }
        for i in range(2)
    ]
    torch.manual_seed(0)
    one, _ = tiny.build_semgan(ema_decay=0.5)
    two, _ = tiny.build_semgan(ema_decay=0.5)
    two.load_state_dict(one.state_dict())
    start = {key: value.clone() for key, value in one.state_dict().items()}
    one.train_step(whole, optimizers(one, 1))
    optim = optimizers(two, 2)
    two.train_step(parts[0], optim)
    assert all(torch.equal(value, start[key]) for key, value in two.state_dict().items())
    two.train_step(parts[1], optim)
    for key, value in two.state_dict().items():
        assert torch.allclose(value, one.state_dict()[key], atol=1e-6), key
    assert not torch.equal(two.G.image_head[1].weight, start['G.image_head.1.weight'])


def test_bfloat16_forward_and_float32_weights():
    """Under our wrapper a forward pass runs in bfloat16 where AmpOptimWrapper asks for a GPU."""
    net = torch.nn.Conv2d(3, 4, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    cfg = dict(type='Bfloat16OptimWrapper', optimizer=optimizer)
    wrapper = OPTIM_WRAPPERS.build(cfg)
    x = torch.rand(1, 3, 8, 8)
    before = net.weight.detach().clone()
    with wrapper.optim_context(net):
        out = net(x)
    assert out.dtype == torch.bfloat16 and net(x).dtype == torch.float32
    torch.testing.assert_close(out.float(), net(x), atol=0.02, rtol=0.02)
    wrapper.update_params(out.float().square().mean())
    assert net.weight.dtype == torch.float32 and not torch.equal(net.weight, before)
