"""The translators that SemGAN is compared with: their losses, networks and checkpoints."""

import pytest
import tiny
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS
from translator_tester import TranslatorTester

from semgan_aug import load_translator
from semgan_aug.core.classes import CAMVID11, CITYSCAPES20, MINISTREETS
from semgan_aug.models import losses
from semgan_aug.models.networks import (
    ImageGenerator,
    MultiScaleDiscriminator,
    PatchDiscriminator,
    UNITAutoencoders,
)
from semgan_aug.models.sggan import GROUPS, GroupDiscriminator, group_of
from semgan_aug.translator import card

METHODS = list(tiny.BASELINES)


def build(method, **changes):
    """A tiny model of three classes, and its optimizers."""
    cfg = dict(type=method, num_classes=3, **tiny.BASELINES[method])
    if method == 'SGGAN':
        cfg['classes'] = ['road', 'sky', 'car']
    torch.manual_seed(0)
    model = MODELS.build(cfg | changes)
    adam = dict(optimizer=dict(type='Adam', lr=2e-3))
    constructor = OPTIM_WRAPPER_CONSTRUCTORS.build(
        dict(
            type='SemGANOptimWrapperConstructor',
            optim_wrapper_cfg=dict(generators=adam, discriminators=adam),
        )
    )
    return model, constructor(model)


# All of them


@pytest.mark.parametrize('method', METHODS)
def test_a_step_changes_every_network(method):
    model, optim = build(method, ema_decay=0.5)
    names = (*model.GENERATORS, *model.DISCRIMINATORS)
    before = {n: [p.clone() for p in getattr(model, n).parameters()] for n in names}
    log = model.train_step(tiny.batch(n=2), optim)
    for name in names:
        after = list(getattr(model, name).parameters())
        changed = [not torch.equal(a, b) for a, b in zip(before[name], after)]
        # Biases before a norm get no gradient but rounding.
        assert all(c for c, p in zip(changed, after) if p.ndim > 1), name
    assert all(value.isfinite() and not value.requires_grad for value in log.values())
    assert all(mean.count == 1 for mean in model.ema.values())


@pytest.mark.parametrize('method', METHODS)
def test_a_term_of_weight_0_costs_nothing(method):
    model, optim = build(method, weights=dict(adv=0.0))
    judged = []
    for net in model.discriminators:
        net.register_forward_hook(lambda *args: judged.append(1))
    log = model.train_step(tiny.batch(), optim)
    assert not [name for name in log if 'D_' in name]
    assert not judged


@pytest.mark.parametrize('method', METHODS)
def test_unknown_weight(method):
    with pytest.raises(ValueError, match="name of a weight is 'dom', but one of") as error:
        build(method, weights=dict(dom=1.0))
    tiny.assert_one_sentence(str(error.value))


@pytest.fixture(scope='session', params=METHODS)
def baseline(request, tmp_path_factory, frames):
    """Checkpoint of a tiny baseline, trained by mmengine's runner."""
    folder = tmp_path_factory.mktemp(request.param)
    cfg = Config.fromfile(tiny.write_semgan_config(folder, frames, method=request.param))
    cfg.work_dir = cfg.experiment_name = str(folder)
    Runner.from_cfg(cfg).train()
    assert (folder / 'pictures' / 'iter_000004.png').exists()
    return folder / 'iter_4.pth'


class TestBaseline(TranslatorTester):
    @pytest.fixture
    def translator(self, baseline):
        return load_translator(baseline)


def test_images_alone_keep_their_labels(baseline, pair):
    image, ids = pair
    new_image, new_ids = load_translator(baseline).translate(image, ids)
    assert (new_ids == ids).all() and (new_image != image).any()


def test_every_method_can_be_built():
    assert {MODELS.get(name).METHOD for name in ('SemGAN', *METHODS)} == set(card.METHODS)


# CycleGAN


def test_cyclegan_losses_by_hand(monkeypatch):
    model, _ = build('CycleGAN')
    batch = model.data_preprocessor(tiny.batch())
    a, b = batch['source'], batch['target']
    # G adds 0.1, F takes 0.3 away; D_T says 0.25 to anything, D_S 0.5.
    constant = dict(
        G=lambda x: x + 0.1,
        F=lambda x: x - 0.3,
        D_T=lambda x: torch.full((len(x), 1, 2, 2), 0.25),
        D_S=lambda x: torch.full((len(x), 1, 2, 2), 0.5),
    )
    monkeypatch.setattr(model, 'call', constant)
    log, fake_b, fake_a = model.generator_losses(a, b)
    expected = dict(
        loss_adv_G=(1 - 0.25) ** 2,
        loss_adv_F=(1 - 0.5) ** 2,
        loss_rec_G=10 * 0.2,  # + 0.1 - 0.3
        loss_rec_F=10 * 0.2,
        loss_idt_G=5 * 0.1,
        loss_idt_F=5 * 0.3,
    )
    assert {k: v.item() for k, v in log.items()} == pytest.approx(expected, rel=1e-4)
    torch.testing.assert_close(fake_b, a.image + 0.1)
    log = model.discriminator_losses(a, b, fake_b, fake_a)
    # Half of (real - 1)^2 + fake^2.
    assert {k: v.item() for k, v in log.items()} == pytest.approx(
        dict(loss_D_T=0.5 * (0.75**2 + 0.25**2), loss_D_S=0.5 * (0.5**2 + 0.5**2))
    )


@pytest.mark.parametrize('upsampling', ['nearest', 'transposed'])
def test_parameters_of_the_image_generator(upsampling):
    """CycleGAN's 11,378,179; transposed 3x3 convolutions have as many as plain ones."""
    net = ImageGenerator(upsampling=upsampling)
    assert sum(p.numel() for p in net.parameters()) == 11_378_179
    assert ImageGenerator(4, 1, upsampling)(torch.zeros(1, 3, 16, 24)).shape == (1, 3, 16, 24)


def test_unknown_upsampling():
    with pytest.raises(ValueError, match="upsampling is 'bilinear', but one of"):
        ImageGenerator(upsampling='bilinear')


# SG-GAN


def test_gradient_sensitive_loss_by_hand():
    """A step of 1 between columns 2 and 3 of 6: Sobel is 4 there, in the output 2; flat elsewhere.

    The class map changes where the image does, so W is 1 on the two columns beside the step.
    """
    ids = torch.zeros(1, 6, 6, dtype=torch.uint8)
    ids[..., 3:] = 1
    image = ids[:, None].float().expand(1, 3, 6, 6)
    found = losses.gradient_sensitive_loss(image * 0.5, image, ids)
    # |4 - 2| on 2 of 6 columns, in one of two directions.
    assert found.item() == pytest.approx(2 * 2 / 6 / 2)
    flat = torch.zeros_like(ids)
    assert losses.gradient_sensitive_loss(image * 0.5, image, flat) == 0  # no boundary
    assert losses.gradient_sensitive_loss(-image, image, ids) == 0  # strength, not sign


def test_groups():
    groups = list(GROUPS)
    named = {name: groups[group_of(name)] for name in CITYSCAPES20.classes}
    assert named['train'] == 'vehicles' and named['rider'] == 'cyclist'
    assert named['wall'] == 'buildings' and named['pole'] == 'other'
    assert {groups[group_of(name)] for name in CAMVID11.classes} == set(groups)
    assert groups[group_of('Pavement')] == 'roads' and len(groups) == 8
    assert groups[group_of('person')] == groups[group_of('Pedestrian')] == 'pedestrians'
    assert {groups[group_of(name)] for name in MINISTREETS.classes} >= {'sky', 'tree', 'roads'}


def test_each_patch_is_judged_by_its_group():
    net = GroupDiscriminator([4, 6, 1], base_channels=4, num_strided=1)
    pair = torch.cat([torch.rand(1, 3, 16, 16), -torch.ones(1, 3, 16, 16)], 1)
    pair[:, 3, :, :8] = 1  # left: the first class, of group 4
    pair[:, 4, :, 8:12] = 1  # then the second, of group 6; the rest is ignored
    scores, plain = net(pair)[0, 0], net.scores(pair[:, :3])[0]
    assert torch.equal(scores[:, 0], plain[4, :, 0])
    assert scores.shape[1] == 6  # column 3 is pixel column 8
    assert torch.equal(scores[:, 3], plain[6, :, 3])
    assert not scores[:, -1].any() and plain.shape[0] == 8


def test_sggan_judges_a_fake_with_the_map_it_was_made_from():
    model, optim = build('SGGAN')
    seen = []
    model.D_T.register_forward_pre_hook(lambda module, args: seen.append(args[0].detach()))
    data = tiny.batch()
    batch = model.data_preprocessor(data)
    model.train_step(data, optim)
    fake, (real, pooled) = seen[0], seen[1].chunk(2)
    assert torch.equal(fake[:, 3:], batch['source'].pair[:, 3:])
    assert torch.equal(pooled, fake) and torch.equal(real, batch['target'].pair)


def test_sggan_takes_the_name_of_a_class_set():
    by_name = build('SGGAN', num_classes=11, classes='camvid11')[0]
    by_list = build('SGGAN', num_classes=11, classes=list(CAMVID11.classes))[0]
    assert torch.equal(by_name.D_T.groups, by_list.D_T.groups)


def test_sggan_wants_a_name_for_each_class():
    with pytest.raises(ValueError, match='2 classes are named, but num_classes is 3') as error:
        build('SGGAN', classes=['road', 'sky'])
    tiny.assert_one_sentence(str(error.value))


# UNIT


def test_parameters_of_unit():
    w = 64

    def conv(cin, cout, k):
        return cin * cout * k * k + cout

    block = 2 * conv(4 * w, 4 * w, 3)
    encoder = conv(3, w, 7) + conv(w, 2 * w, 4) + conv(2 * w, 4 * w, 4) + 4 * block
    norms = 2 * (2 * w) + 2 * w
    decoder = 4 * block + conv(4 * w, 2 * w, 5) + conv(2 * w, w, 5) + norms + conv(w, 3, 7)
    assert sum(p.numel() for p in UNITAutoencoders().parameters()) == 2 * (encoder + decoder)
    widths = [3, 64, 128, 256, 512]
    scale = sum(conv(a, b, 4) for a, b in zip(widths, widths[1:])) + conv(512, 1, 1)
    assert sum(p.numel() for p in MultiScaleDiscriminator().parameters()) == 3 * scale


def test_unit_has_noise_in_training_alone():
    net = UNITAutoencoders(4, 1)
    image = torch.rand(1, 3, 16, 16)
    first, code = net(image, 'source', 'target')
    second, again = net(image, 'source', 'target')
    assert not torch.equal(first, second) and torch.equal(code, again)
    net.eval()
    assert torch.equal(net(image, 'source', 'target')[0], net(image, 'source', 'target')[0])


def test_unit_losses_by_hand(monkeypatch):
    model, _ = build('UNIT')
    batch = model.data_preprocessor(tiny.batch())
    a, b = batch['source'], batch['target']

    def G(image, own, other):
        return image + (0.1 if own == other else 0.4), torch.full((1, 2, 2, 2), 3.0)

    def D(image):
        return [torch.full((len(image), 1, 2, 2), 0.5), torch.full((len(image), 1, 1, 1), 1.0)]

    monkeypatch.setattr(model, 'call', dict(G=G, D_T=D, D_S=D))
    log, fake_b, fake_a = model.generator_losses(a, b)
    one = dict(adv=0.5**2 + 0, rec=10 * 0.1, cyc=10 * 0.8, kl=0.01 * 9, kl_cyc=0.01 * 9)
    expected = {f'loss_{k}_{d}': v for k, v in one.items() for d in ('source', 'target')}
    assert {k: v.item() for k, v in log.items()} == pytest.approx(expected, rel=1e-4)
    log = model.discriminator_losses(a, b, fake_b, fake_a)
    # Scales add up: (0.5 - 1)^2 + 0.5^2, then 0 + 1.
    assert log['loss_D_T'].item() == pytest.approx(0.5**2 + 0.5**2 + 0 + 1)


def test_plain_discriminator_is_unchanged():
    assert sum(p.numel() for p in PatchDiscriminator(23).parameters()) == 2_785_217
