"""Options that make a step fast change nothing that it computes: precision, layout, compiler."""

import pytest
import tiny
import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode

from semgan_aug.models.networks import PairGenerator, PatchDiscriminator
from semgan_aug.models.networks.layers import InstanceNorm


def one_step(**changes):
    """State, losses, and the gradients of each network, of one step from equal weights.

    Later steps are no use: where rounding decides a tie (the sign of an L1, a ReLU at 0), they
    drift apart, and the more the longer.
    """
    torch.manual_seed(0)
    model, _ = tiny.build_semgan(class_colors=True, **changes)
    tiny.fill_banks(model)
    batch = model.data_preprocessor(tiny.batch(n=2))
    a, b = batch['source'], batch['target']
    with model.frozen_discriminators():
        log, fake_b, fake_a = model.generator_losses(a, b)
        sum(log.values()).backward()
    log |= model.discriminator_losses(a, b, fake_b.detach(), fake_a.detach())
    sum(value for name, value in log.items() if '_D_' in name).backward()
    gradients = {
        name: torch.cat([p.grad.flatten() for p in getattr(model, name).parameters()])
        for name in ('G', 'F', 'D_T', 'D_S')
    }
    return model.state_dict(), {k: v.item() for k, v in log.items()}, gradients


def distance(found: torch.Tensor, expected: torch.Tensor) -> float:
    """Of two tensors, as a share of the second."""
    return ((found - expected).norm() / expected.norm()).item()


# Precision


def network_step(network, amp_dtype, seed):
    """Outputs, and gradients by layer, of a smooth loss."""
    generator = torch.Generator().manual_seed(seed)
    pair = torch.rand(2, 13, 32, 48, generator=generator) * 2 - 1
    torch.manual_seed(seed)
    net = network(amp_dtype)
    outputs = net(pair)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    # Random directions: no output is favored, and none has a kink.
    sum((o * torch.randn(o.shape, generator=generator)).mean() for o in outputs).backward()
    return outputs, {name: p.grad for name, p in net.named_parameters() if p.ndim > 1}


@pytest.mark.parametrize('seed', range(2))
@pytest.mark.parametrize(
    'amp_dtype, output, layer',
    [
        # Measured, of four seeds: outputs 0.018, layers 0.19 (the first of a generator).
        ('bfloat16', 0.04, 0.3),
        # Measured: outputs 0.002, layers 0.075.
        ('float16', 0.005, 0.12),
    ],
)
@pytest.mark.parametrize(
    'network',
    [
        lambda amp_dtype: PairGenerator(10, 8, 2, amp_dtype=amp_dtype),
        lambda amp_dtype: PatchDiscriminator(13, 8, 2, amp_dtype=amp_dtype),
    ],
    ids=['generator', 'discriminator'],
)
def test_half_precision_follows_float32(network, amp_dtype, output, layer, seed):
    outputs, gradients = network_step(network, amp_dtype, seed)
    expected_outputs, expected = network_step(network, None, seed)
    for found, right in zip(outputs, expected_outputs):
        assert found.dtype == torch.float32 and 0 < distance(found, right) < output
    for name, right in expected.items():
        assert gradients[name].dtype == torch.float32
        assert 0 < distance(gradients[name], right) < layer, name


def test_losses_in_bfloat16_follow_float32():
    """Within 3 %; measured on four seeds: 0.8 %."""
    half = {
        name: cfg | dict(amp_dtype='bfloat16')
        for name, cfg in (('generator', tiny.GENERATOR), ('discriminator', tiny.DISCRIMINATOR))
    }
    _, expected, _ = one_step()
    _, found, _ = one_step(**half)
    assert found != expected and found == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize('network', [PairGenerator, PatchDiscriminator])
def test_unknown_dtype(network):
    with pytest.raises(ValueError, match="amp_dtype is 'half', but None or one of") as error:
        network(8, amp_dtype='half')
    tiny.assert_one_sentence(str(error.value))


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
@pytest.mark.parametrize('layout', [torch.contiguous_format, torch.channels_last])
def test_norm_sums_in_float32(dtype, layout):
    """A sum of 4,096 values around 10 would stop growing in half precision."""
    torch.manual_seed(0)
    x = (torch.randn(2, 3, 64, 64) * 2 + 10).to(dtype).to(memory_format=layout)
    expected = nn.InstanceNorm2d(3)(x.double())
    with torch.autocast('cpu', dtype):
        found = InstanceNorm(3)(x)
    assert found.dtype == dtype
    assert torch.allclose(found.double(), expected, atol=0.02 if dtype == torch.bfloat16 else 4e-3)


# Layout, compiler, memory


def test_norm_keeps_the_layout_and_is_the_same():
    x = torch.randn(2, 6, 8, 10)
    last = x.to(memory_format=torch.channels_last)
    found = InstanceNorm(6)(last)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(found, InstanceNorm(6)(x), atol=1e-5)
    assert InstanceNorm(6)(x).is_contiguous()


def test_channels_last_reaches_every_layer():
    model, _ = tiny.build_semgan(channels_last=True)
    seen = []
    for net in (model.G, model.D_T):
        for layer in net.modules():
            if isinstance(layer, (nn.Conv2d, InstanceNorm, nn.ReLU, nn.Upsample)):
                layer.register_forward_hook(lambda layer, inputs, out: seen.append(out))
    pair = torch.randn(1, 6, 32, 32)
    model.G(pair), model.D_T(pair)
    # Of one channel, and of 1 x 1 pixels, every layout is the same.
    assert all(out.is_contiguous(memory_format=torch.channels_last) for out in seen)
    assert len(seen) > 20


@pytest.mark.slow
@pytest.mark.parametrize(
    'changes',
    [
        dict(channels_last=True),
        dict(compile=dict(backend='aot_eager')),
        dict(generator=tiny.GENERATOR | dict(checkpointing=True)),
        dict(
            channels_last=True,
            generator=tiny.GENERATOR | dict(checkpointing=True, skip=True),
        ),
    ],
    ids=['channels_last', 'compile', 'checkpointing', 'all but the compiler, with skips'],
)
def test_same_losses_gradients_and_keys(changes):
    """Measured on four seeds: losses 5e-7, gradients 1e-3 (rounding decides a tie), mostly 1e-5."""
    plain = {}
    if changes.get('generator', {}).get('skip'):
        plain = dict(generator=tiny.GENERATOR | dict(skip=True))
    expected_state, expected, expected_gradients = one_step(**plain)
    state, found, gradients = one_step(**changes)
    assert state.keys() == expected_state.keys()
    assert found == pytest.approx(expected, rel=1e-5)
    for name, right in expected_gradients.items():
        assert distance(gradients[name], right) < 1e-2, name


def kept_for_backward(**changes) -> int:
    """Bytes that a generator keeps from its forward pass, each storage once; weights are not."""
    generator = PairGenerator(3, 8, 2, **changes)
    weights = {p.untyped_storage().data_ptr() for p in generator.parameters()}
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        kept_alive = generator(torch.randn(1, 6, 32, 32))
    assert len(kept_alive) == 2  # its graph holds the storages, so that none is counted twice
    return sum(kept.values())


def test_checkpointing_keeps_less():
    assert kept_for_backward(checkpointing=True) < 0.5 * kept_for_backward()


# Waiting for the device


class Reads(TorchDispatchMode):
    """Finds what would make the host wait for a GPU: reading a value, or a size that depends on
    values. Those kept on the host may be read."""

    def __init__(self, host):
        super().__init__()
        self.host = {tensor.data_ptr() for tensor in host}
        self.found = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        reads = name in ('_local_scalar_dense', 'nonzero', 'masked_select', 'equal', 'is_nonzero')
        if reads and args[0].data_ptr() not in self.host:
            self.found.append(name)
        return func(*args, **(kwargs or {}))


def test_a_step_reads_nothing_from_the_device(monkeypatch):
    """All but the optimizers, whose business it is, and the batch, which is still on the host."""
    model, optim = tiny.build_semgan(class_colors=True, ema_decay=0.9, pool_size=2)
    tiny.fill_banks(model)
    for _ in range(3):  # fills the pools
        model.train_step(tiny.batch(n=2), optim)
    batch = model.data_preprocessor(tiny.batch(n=2))
    monkeypatch.setattr(type(model.data_preprocessor), 'forward', lambda *a, **k: batch)
    for wrapper in optim.values():
        monkeypatch.setattr(wrapper, 'update_params', lambda loss: loss.backward())
    with Reads([b for name, b in model.named_buffers() if name.endswith('count')]) as reads:
        model.train_step(None, optim)
    assert not reads.found
    with Reads([]) as reads:
        float(model.G.image_head[1].weight.detach().sum())
    assert reads.found == ['_local_scalar_dense']
