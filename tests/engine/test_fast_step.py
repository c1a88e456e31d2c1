"""What makes a step fast changes nothing that it computes: precision, layout, compiler, memory."""

import random

import pytest
import tiny
import torch
from mmengine.dataset import pseudo_collate
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmseg.registry import DATASETS
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode

from semgan_aug.datasets.sampler import SeededInfiniteSampler
from semgan_aug.engine.optim_wrappers import LossScaleOptimWrapper
from semgan_aug.models.class_colors import ClassColorBank
from semgan_aug.models.ema import ExponentialMovingAverage
from semgan_aug.models.networks import PairGenerator, PatchDiscriminator
from semgan_aug.models.networks.layers import InstanceNorm


def networks(amp_dtype=None, width=4, blocks=1):
    return dict(
        generator=dict(base_channels=width, num_blocks=blocks, amp_dtype=amp_dtype),
        discriminator=dict(base_channels=width, num_strided=1, amp_dtype=amp_dtype),
    )


def after_steps(count=2, **changes):
    """Weights after some steps, and the losses of the last."""
    torch.manual_seed(0)
    model, optim = tiny.build_semgan(class_colors=True, **changes)
    tiny.fill_banks(model)
    for k in range(count):
        random.seed(k)
        log = model.train_step(tiny.batch(seed=k, n=2), optim)
    return model.state_dict(), {name: value.item() for name, value in log.items()}


# Precision


def losses_over_200_steps(amp_dtype, tmp_path_factory):
    root = tmp_path_factory.getbasetemp() / 'band'
    pipeline = [dict(type=t) for t in ('LoadImageFromFile', 'LoadAnnotations')]
    pipeline += [dict(type='RandomCrop', crop_size=(24, 32)), dict(type='PackSegInputs')]
    frames = dict(type='MiniStreetsDataset', size=(32, 48), data_root=root, pipeline=pipeline)
    dataset = DATASETS.build(
        dict(
            type='UnpairedDataset',
            source=dict(domain='game', num_frames=8, **frames),
            target=dict(domain='camera', num_frames=4, **frames),
        )
    )
    torch.manual_seed(0)
    model, optim = tiny.build_semgan(num_classes=10, **networks(amp_dtype, 8, 2))
    for wrapper in optim.values():
        wrapper.optimizer.param_groups[0]['lr'] = 2e-4
    log = []
    for k, index in zip(range(200), SeededInfiniteSampler(dataset, seed=0)):
        random.seed(k), torch.manual_seed(k)
        losses = model.train_step(pseudo_collate([dataset[index]]), optim)
        log.append(torch.stack(list(losses.values())))
    return torch.stack(log).view(4, 50, -1).mean(1)


def test_bfloat16_follows_float32(tmp_path_factory):
    """Within 12 % over 200 steps on MiniStreets: each loss, mean over each 50 steps.

    Measured: 8 %; another seed of the float32 run is up to 50 % away.
    """
    expected = losses_over_200_steps(None, tmp_path_factory)
    found = losses_over_200_steps('bfloat16', tmp_path_factory)
    assert not torch.equal(found, expected)
    assert ((found / expected - 1).abs() < 0.12).all()


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
def test_same_losses_and_keys(changes):
    plain = {}
    if changes.get('generator', {}).get('skip'):
        plain = dict(generator=tiny.GENERATOR | dict(skip=True))
    expected_state, expected = after_steps(**plain)
    state, found = after_steps(**changes)
    assert state.keys() == expected_state.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-3), name


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


@pytest.mark.parametrize(
    'module', [ClassColorBank(3), ExponentialMovingAverage(nn.Conv2d(1, 1, 1), 0.5)]
)
def test_counts_stay_on_the_host(module):
    module = module.to('meta')
    assert module.count.device.type == 'cpu'
    assert {t.device.type for k, t in module.state_dict().items() if k != 'count'} == {'meta'}
