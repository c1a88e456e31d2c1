"""One training step of SemGAN, and its parts."""

from collections import Counter

import pytest
import tiny
import torch

from semgan_aug.models.semgan import WEIGHTS

NETWORKS = ('G', 'F', 'D_T', 'D_S')


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def count_calls(model):
    """Counts forward passes of each network from here on."""
    calls = Counter()
    for name in NETWORKS:
        getattr(model, name).register_forward_hook(
            lambda module, args, output, name=name: calls.update([name])
        )
    return calls


def inputs_of(model, name):
    """Collects what a network is given from here on."""
    seen = []
    getattr(model, name).register_forward_pre_hook(
        lambda module, args: seen.append(args[0].detach().clone())
    )
    return seen


def weights_of(model):
    return {
        name: torch.cat([p.detach().flatten() for p in getattr(model, name).parameters()])
        for name in NETWORKS
    }


def test_a_step_changes_all_four_networks():
    model, optim = tiny.build_semgan()
    before = weights_of(model)
    model.train_step(tiny.batch(), optim)
    after = weights_of(model)
    assert all((before[name] != after[name]).any() for name in NETWORKS)


def test_every_term_is_logged_under_its_equation():
    model, optim = tiny.build_semgan(weights=dict(otr=1.0))
    log = model.train_step(tiny.batch(), optim)
    terms = ['eq4_adv', 'eq2_otr', 'eq3_dom', 'eq5_idt_image', 'eq5_idt_classes']
    terms += ['eq6_rec_image', 'eq6_rec_classes']
    expected = {f'loss_{term}_{net}' for term in terms for net in 'GF'}
    assert set(log) == expected | {'loss_eq4_D_T', 'loss_eq4_D_S'}
    assert all(v.ndim == 0 and torch.isfinite(v) and not v.requires_grad for v in log.values())


def test_logged_losses_are_weighted():
    torch.manual_seed(1)
    model, _ = tiny.build_semgan()
    state = model.state_dict()
    logs = []
    for factor in (1.0, 3.0):
        weights = {name: factor * value for name, value in WEIGHTS.items()}
        model, optim = tiny.build_semgan(weights=weights)
        model.load_state_dict(state)
        logs.append(model.train_step(tiny.batch(), optim))
    for name in logs[0]:
        if 'D_' not in name:  # discriminators are judged after the generators' step
            assert logs[1][name] == pytest.approx(3 * logs[0][name].item(), rel=1e-4), name


@pytest.mark.parametrize(
    'off, generators, discriminators',
    [
        ((), 2, 2),  # translation with identity, and the cycle; fakes, and real with fakes
        (('idt_image', 'idt_classes'), 2, 2),  # a smaller batch, no call less
        (('rec_image', 'rec_classes'), 1, 2),
        (('rec_image',), 2, 2),
        (('adv',), 2, 0),
        (('dom',), 2, 2),
        (('idt_image', 'idt_classes', 'rec_image', 'rec_classes', 'adv'), 1, 0),
    ],
)
def test_forward_passes_of_a_step(off, generators, discriminators):
    model, optim = tiny.build_semgan(weights=dict.fromkeys(off, 0.0))
    calls = count_calls(model)
    log = model.train_step(tiny.batch(), optim)
    assert [calls[name] for name in NETWORKS] == [generators] * 2 + [discriminators] * 2
    if 'dom' in off:
        assert not any('eq3' in name for name in log)


def test_identity_shares_the_batch_of_the_translation():
    sizes = {}
    for weight in (0.0, 5.0):
        model, optim = tiny.build_semgan(weights=dict(idt_image=weight, idt_classes=weight))
        seen = inputs_of(model, 'G')
        model.train_step(tiny.batch(n=2), optim)
        sizes[weight] = [len(pair) for pair in seen]
    assert sizes == {0.0: [2, 2], 5.0: [4, 2]}


def test_discriminators_get_no_gradient_in_the_generators_step():
    model, optim = tiny.build_semgan()
    judges = [*model.D_T.parameters(), *model.D_S.parameters()]
    update, seen = optim['generators'].update_params, []

    def watched(loss):
        update(loss)
        seen.append([p.grad for p in judges])

    optim['generators'].update_params = watched
    model.train_step(tiny.batch(), optim)
    assert len(seen) == 1 and all(grad is None for grad in seen[0])
    assert all(p.requires_grad for p in judges)


@pytest.mark.parametrize('pool_size', [0, 50])
def test_generators_get_no_gradient_in_the_discriminators_step(pool_size):
    model, optim = tiny.build_semgan(pool_size=pool_size)
    update, seen = optim['discriminators'].update_params, []

    def watched(loss):
        loss.backward(retain_graph=True)
        seen.extend(p.grad for p in [*model.G.parameters(), *model.F.parameters()])
        assert all(p.grad.abs().sum() > 0 for p in model.D_T.parameters() if p.ndim > 1)
        update(loss)

    optim['discriminators'].update_params = watched
    model.train_step(tiny.batch(), optim)
    assert seen and all(grad is None or not grad.any() for grad in seen)


@pytest.mark.parametrize('mode', ['straight_through', 'gumbel', 'argmax'])
def test_what_the_discriminator_sees(mode):
    model, optim = tiny.build_semgan(discriminator_sees=mode)
    seen = inputs_of(model, 'D_T')
    data = tiny.batch(ignored=2)
    model.train_step(data, optim)
    fake, (real, pooled) = seen[0], seen[1].split(1)
    for pair in (fake, real, pooled):
        assert (pair[:, 3:, :2] == -1).all()  # ignored rows
        assert ((pair[:, 3:, 2:] == 1).sum(1) == 1).all()
        assert set(pair[:, 3:].unique().tolist()) == {-1.0, 1.0}
    assert torch.equal(pooled, fake)
    image = data['inputs']['target'][0].float() / 127.5 - 1
    torch.testing.assert_close(real[0, :3], image)


def test_soft_maps_on_demand_and_always_in_the_cycle():
    model, optim = tiny.build_semgan(discriminator_sees='soft')
    seen = inputs_of(model, 'D_T')
    model.train_step(tiny.batch(), optim)
    assert len(seen[0][:, 3:].unique()) > 10
    model, optim = tiny.build_semgan()
    seen = inputs_of(model, 'F')
    model.train_step(tiny.batch(), optim)
    assert len(seen[0]) == 1  # F's first call is the way back of G's translation
    assert len(seen[0][:, 3:].unique()) > 10
    torch.testing.assert_close(seen[0][:, 3:, 2:].add(1).div(2).sum(1), torch.ones(1, 14, 16))


def test_otr_weighs_the_background_or_the_change():
    """With one class everywhere, 'background' counts all or nothing, 'changed' what differs."""
    data = tiny.batch(ignored=0)
    for domain in data['data_samples'].values():
        domain[0].gt_sem_seg.data.fill_(1)
    losses = {}
    for name, indicator, transfigured in (
        ('all background', 'background', (2,)),
        ('no background', 'background', (1,)),
        ('changed', 'changed', ()),
    ):
        model, optim = tiny.build_semgan(
            weights=dict(otr=1.0), indicator=indicator, transfigured=transfigured
        )
        for net in (model.G, model.F):
            # Every output pixel says class 0, so all pixels of class 1 change.
            torch.nn.init.zeros_(net.class_head[1].weight)
            net.class_head[1].bias.data = torch.tensor([9.0, 0.0, 0.0])
            # And every output image is tanh(0) = 0: the distance is that of the input from 0.
            torch.nn.init.zeros_(net.image_head[1].weight)
        losses[name] = model.train_step(data, optim)['loss_eq2_otr_G'].item()
    mean = (data['inputs']['source'][0].float() / 127.5 - 1).abs().mean().item()
    assert losses['all background'] == pytest.approx(mean, rel=1e-5)
    assert losses['changed'] == pytest.approx(mean, rel=1e-5)
    assert losses['no background'] == 0


def test_each_term_compares_with_the_domain_it_should():
    """Generators that paint 0 everywhere are as far from a frame as its mean |value|."""
    model, optim = tiny.build_semgan()
    for net in (model.G, model.F):
        torch.nn.init.zeros_(net.image_head[1].weight)
    data = tiny.batch()
    x, y = (
        (data['inputs'][domain][0].float() / 127.5 - 1).abs().mean().item()
        for domain in ('source', 'target')
    )
    assert abs(x - y) > 0.05
    log = model.train_step(data, optim)
    for name, expected in (
        ('idt_image_G', 5 * y),  # G is fed the target, F the source
        ('idt_image_F', 5 * x),
        ('rec_image_G', 10 * x),  # the cycle that starts with G starts in the source
        ('rec_image_F', 10 * y),
    ):
        found = [value.item() for key, value in log.items() if key.endswith(name)]
        assert found == [pytest.approx(expected, rel=1e-5)], name


@pytest.mark.slow
def test_it_learns_one_pair_by_heart():
    model, optim = tiny.build_semgan(generator=dict(base_channels=8, num_blocks=1))
    data = tiny.batch()
    logs = [model.train_step(data, optim) for _ in range(30)]
    for term in ('eq3_dom', 'eq5_idt_image', 'eq5_idt_classes', 'eq6_rec_image'):
        first, last = (
            sum(value.item() for name, value in log.items() if term in name)
            for log in (logs[0], logs[-1])
        )
        assert last < 0.5 * first, f'{term}: {first:.2f} -> {last:.2f}'


@pytest.mark.parametrize(
    'changes, message',
    [
        (
            dict(gan_mode='wgan'),
            r"gan_mode is 'wgan', but one of \('lsgan', 'vanilla'\) is allowed",
        ),
        (dict(discriminator_sees='hard'), "discriminator_sees is 'hard', but one of .*'gumbel'"),
        (dict(indicator='both'), "indicator is 'both', but one of .*'background'"),
        (dict(weights=dict(cyc=10)), "name of a weight is 'cyc', but one of .*'rec_image'"),
    ],
)
def test_unknown_config_values(changes, message):
    with pytest.raises(ValueError, match=message) as error:
        tiny.build_semgan(**changes)
    tiny.assert_one_sentence(str(error.value))


def test_forward_gives_both_ways_and_back():
    model, _ = tiny.build_semgan()
    data = tiny.batch(n=2)
    result = model(**data, mode='predict')
    assert set(result) == {'source', 'target'}
    for domain, part in result.items():
        assert part['image'].shape == part['cycle_image'].shape == (2, 3, 16, 16)
        assert part['ids'].shape == (2, 16, 16) and part['ids'].dtype == torch.uint8
        assert not part['image'].requires_grad
        there = model.G if domain == 'source' else model.F
        image, scores = there(part['input'].pair)
        torch.testing.assert_close(part['image'], image)
        kept = part['input'].ids != 255
        assert torch.equal(part['ids'][kept], scores.argmax(1).to(torch.uint8)[kept])
        assert (part['ids'][~kept] == 255).all()
    with pytest.raises(NotImplementedError, match='use train_step'):
        model(**data, mode='loss')
