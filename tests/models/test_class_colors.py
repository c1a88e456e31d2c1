"""Class colors: measurement, transfer and the bank of styles."""

from types import SimpleNamespace

import numpy as np
import pytest
import tiny
import torch
from mmengine.dataset import ConcatDataset, RepeatDataset
from mmseg.registry import TRANSFORMS
from torch.utils.data import Subset

from semgan_aug.core.encoding import encode_ids, encode_image, join
from semgan_aug.core.errors import InputError
from semgan_aug.engine.hooks import ClassColorsHook
from semgan_aug.models.class_colors import (
    MIN_SHARE,
    MIN_STD,
    OPPONENT,
    ClassColorBank,
    align_class_colors,
    class_colors,
    generate,
    is_measured,
    measure_style,
)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def make_pair(n: int = 1, contrast: float = 0.2):
    """Left half class 0, right half class 1, class 2 nowhere; the first row is ignored."""
    ids = torch.zeros(n, 12, 16, dtype=torch.uint8)
    ids[:, :, 8:] = 1
    ids[:, 0] = 255
    image = contrast * torch.randn(n, 3, 12, 16).clamp(-2, 2)
    image[..., 8:] += 0.3
    return join(image, encode_ids(ids, 3)), ids


def test_opponent_colors_are_orthonormal_and_begin_with_gray():
    assert torch.allclose(OPPONENT @ OPPONENT.T, torch.eye(3), atol=1e-6)
    assert (OPPONENT[0] > 0).all() and OPPONENT[1:].sum(1).abs().max() < 1e-6


def test_colors_are_mean_and_deviation_of_each_class():
    pair, ids = make_pair()
    style, pixels = class_colors(pair)
    assert pixels.tolist() == [[88, 88, 0, 192]]
    for k in (0, 1):
        colors = OPPONENT @ pair[0, :3, ids[0] == k]  # (3, pixels)
        assert torch.allclose(style[0, k, 0], colors.mean(1), atol=1e-5)
        assert torch.allclose(style[0, k, 1], colors.std(1, unbiased=False), atol=1e-4)


def test_hand_computed():
    """Grays -0.2 and 0.2 of one class, moved to mean 0.3 and half the deviation: 0.2 and 0.4."""
    image = torch.tensor([-0.2, 0.2]).view(1, 1, 1, 2).expand(1, 3, 1, 2)
    pair = join(image, encode_ids(torch.zeros(1, 1, 2), 1))
    gray = 3**0.5  # a gray of 1 in opponent colors
    style = torch.tensor([[[[0.3 * gray, 0, 0], [0.1 * gray, 0, 0]]] * 2])
    moved = align_class_colors(pair, style)
    assert torch.allclose(moved[0, :3, 0], torch.tensor([[0.2, 0.4]] * 3), atol=1e-6)
    assert torch.equal(moved[:, 3:], pair[:, 3:])


def test_the_style_is_reached():
    pair, _ = make_pair()
    style = torch.rand(1, 4, 2, 3) * 0.2 + MIN_STD
    reached = class_colors(align_class_colors(pair, style))[0]
    assert torch.allclose(reached[:, :2], style[:, :2], atol=1e-3)


def test_its_own_style_changes_nothing():
    pair, _ = make_pair()
    assert torch.allclose(align_class_colors(pair, measure_style(pair)), pair, atol=1e-5)


def test_a_style_that_was_not_measured_changes_nothing():
    pair, ids = make_pair()
    style = torch.full((1, 4, 2, 3), -1.0)
    assert torch.allclose(align_class_colors(pair, style), pair, atol=1e-6)
    style[0, 0] = 0.5
    changed = (align_class_colors(pair, style) - pair).abs().amax(1) > 1e-4
    assert changed[ids == 0].all() and not changed[ids != 0].any()


def test_ignored_pixels_and_classes_without_style_move_as_the_frame():
    pair, ids = make_pair()
    style, _ = class_colors(pair)
    style[:, 0, 0, 0] += 0.3  # class 0 becomes lighter,
    style[:, 1] = -1.0  # of class 1 nothing is known,
    style[:, 3, 0, 0] -= 0.2  # and the frame as a whole becomes darker
    gray = (OPPONENT @ (align_class_colors(pair, style) - pair)[0, :3].flatten(1))[0]
    gray = gray.view(ids.shape[1:])
    assert torch.allclose(gray[ids[0] == 0], torch.tensor(0.3), atol=1e-5)
    assert torch.allclose(gray[ids[0] != 0], torch.tensor(-0.2), atol=1e-5)


def test_flat_areas_are_not_blown_up():
    pair, ids = make_pair(contrast=0.001)
    moved = align_class_colors(pair, torch.full((1, 4, 2, 3), 0.1))
    assert class_colors(moved)[0][0, 0, 1].max() < 0.001 * 2 * 0.1 / MIN_STD


def test_result_is_clipped():
    pair, _ = make_pair()
    assert align_class_colors(pair, torch.full((1, 4, 2, 3), 9.0))[:, :3].abs().max() == 1


def test_gradient_reaches_image_and_class_map():
    pair, _ = make_pair()
    pair.requires_grad_()
    align_class_colors(pair, torch.full((1, 4, 2, 3), 0.1))[:, 0].square().sum().backward()
    assert pair.grad.isfinite().all()
    assert pair.grad[:, :3].abs().sum() > 0 and pair.grad[:, 3:].abs().sum() > 0


def test_small_classes_are_not_measured():
    pair, ids = make_pair()
    ids[ids == 1] = 0
    ids[0, 5, :4] = 1
    pair = join(pair[:, :3], encode_ids(ids, 3))
    # 4 of 192 pixels are a share of 0.0208; class 2 is not there at all.
    for share, expected in ((0.02, True), (0.022, False), (0, True)):
        style = measure_style(pair, share)
        assert is_measured(style).tolist() == [[True, expected, False, True]]


def test_bank_keeps_the_last_styles_and_completes_them():
    bank = ClassColorBank(2, size=3)
    assert not is_measured(bank.draw(5)).any()  # nothing yet
    for value in range(5):
        style = torch.full((1, 3, 2, 3), float(value))
        style[:, 1] = -1.0 if value != 3 else 3.0
        bank.add(style)
    assert bank.styles[:, 0, 0, 0].tolist() == [3, 4, 2]
    for index in range(6):
        style = bank.draw(index)
        assert style[0, 0, 0] == [3, 4, 2][index % 3]
        assert (style[1] == 3).all()  # of the only frame that has the class


def test_bank_draws_the_same_for_the_same_number():
    bank = ClassColorBank(2, size=8)
    styles = torch.rand(8, 3, 2, 3)
    styles[0, 1] = -1.0
    bank.add(styles)
    state = torch.get_rng_state()
    draws = [bank.draw(8 * (k % 8))[1, 0, 0].item() for k in range(16)]
    assert draws[:8] == draws[8:] and len(set(draws)) > 1
    assert torch.equal(torch.get_rng_state(), state)


def test_the_generators_input_and_its_output_have_the_style():
    """Whatever it paints; its class scores are its own."""
    pair, ids = make_pair()
    style = torch.rand(1, 4, 2, 3) * 0.05 + 2 * MIN_STD
    seen = []

    def painter(given):
        seen.append(given)
        return given[:, :3].flip(1) + 0.1, given[:, 3:]

    image, scores = generate(painter, pair, style)
    assert torch.equal(seen[0], align_class_colors(pair, style))
    assert torch.equal(scores, pair[:, 3:])
    reached = class_colors(join(image, pair[:, 3:]))[0]
    assert torch.allclose(reached[:, :2], style[:, :2], atol=1e-3)
    # Without a style it is the generator alone.
    image, scores = generate(painter, pair)
    assert torch.equal(seen[-1], pair)
    assert torch.equal(image, pair[:, :3].flip(1) + 0.1)


def inputs_of_a_step(**changes):
    model, optim = tiny.build_semgan(class_colors=True, **changes)
    tiny.fill_banks(model, seed=5)
    seen = []
    model.G.register_forward_pre_hook(lambda module, args: seen.append(args[0].detach().clone()))
    data = tiny.batch(size=(32, 32))
    batch = model.data_preprocessor(data)
    model.train_step(data, optim)
    return model, batch, seen


def test_semgan_moves_colors_in_both_directions():
    model, batch, (first, second) = inputs_of_a_step()
    expected = align_class_colors(batch['source'].pair, model.colors_T.styles[:1])
    assert torch.allclose(first[:1], expected, atol=1e-5)
    assert torch.allclose(first[1:], batch['target'].pair, atol=1e-5)  # identity
    # The cycle's way back to the target has the target's own colors.
    own = measure_style(batch['target'].pair)
    found = measure_style(second)
    assert torch.allclose(found[:, -1, 0], own[:, -1, 0], atol=0.1)
    assert model.colors_T.count == model.colors_S.count == model.draws.count == 1


def test_each_iteration_draws_the_next_style():
    model, optim = tiny.build_semgan(class_colors=True)
    tiny.fill_banks(tiny.fill_banks(model, seed=1), seed=2)
    seen = []
    model.G.register_forward_pre_hook(lambda module, args: seen.append(args[0].detach().clone()))
    data = tiny.batch(size=(32, 32))
    source = model.data_preprocessor(data)['source'].pair
    for _ in range(2):
        model.train_step(data, optim)
    for k, given in enumerate(seen[::2]):
        expected = align_class_colors(source, model.colors_T.styles[k : k + 1])
        assert torch.allclose(given[:1], expected, atol=1e-5)


def test_identity_sees_the_pair_as_it_is_whatever_the_size_of_a_class():
    model, optim = tiny.build_semgan(class_colors=True)
    tiny.fill_banks(model)
    data = tiny.batch(size=(32, 32))
    for domain in data['inputs']:  # a class of 4 pixels
        ids = data['data_samples'][domain][0].gt_sem_seg.data
        ids[ids == 2], ids[0, 8:10, 8:10] = 1, 2
    target, seen = model.data_preprocessor(data)['target'], []
    model.G.register_forward_pre_hook(lambda module, args: seen.append(args[0].detach().clone()))
    model.train_step(data, optim)
    assert (target.ids == 2).sum() == 4
    assert torch.allclose(seen[0][1:], target.pair, atol=1e-5)


def test_banks_hold_whole_frames(make_runner):
    """Before training, and once: a resumed run takes them from the checkpoint."""
    runner = make_runner()
    hook = ClassColorsHook()
    hook.before_train(runner)
    model, dataset = runner.model, runner.train_dataloader.dataset
    for domain, bank in (('source', model.colors_S), ('target', model.colors_T)):
        assert bank.count == len(dataset.domains[domain]) <= len(bank.styles)
        image, ids = dataset.whole_frames(domain, 1)[0]
        cropped = dataset[0]['inputs'][domain]
        assert image.shape[0] > cropped.shape[1] and image.shape[:2] == ids.shape
        pair = join(
            encode_image(torch.from_numpy(image).permute(2, 0, 1)[None]),
            encode_ids(torch.from_numpy(ids)[None], model.num_classes),
        )
        assert torch.equal(bank.styles[0], measure_style(pair, MIN_SHARE)[0])
    before = model.colors_T.styles.clone()
    # Weights of another training bring banks of other frames.
    model.colors_T.styles.fill_(0.5)
    model.draws.count.fill_(7)
    hook.before_train(runner)
    assert torch.equal(model.colors_T.styles, before) and model.draws.count == 0
    assert model.colors_T.count == len(dataset.domains['target'])
    # A resumed training goes on with its own.
    runner._resume = True
    model.colors_T.styles.fill_(0.5)
    hook.before_train(runner)
    assert (model.colors_T.styles == 0.5).all()


@pytest.mark.slow
def test_whole_frames_are_the_same_in_every_run_and_rank(make_runner):
    dataset = make_runner().train_dataloader.dataset
    jitter = TRANSFORMS.build(dict(type='PhotoMetricDistortion'))
    dataset.domains['target'].pipeline.transforms.insert(2, jitter)
    one, two = (dataset.whole_frames('target', 2) for _ in range(2))
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[0][0], one[1][0])


@pytest.mark.slow
def test_whole_frames_through_wrappers(make_runner):
    dataset = make_runner().train_dataloader.dataset
    plain = dataset.domains['source']
    expected = dataset.whole_frames('source', 3)
    for wrapper in (ConcatDataset([plain, plain]), RepeatDataset(plain, 2)):
        dataset.domains['source'] = wrapper
        frames = dataset.whole_frames('source', 6)
        assert len(frames) == 6
        for i, (image, ids) in enumerate(frames):
            assert np.array_equal(image, expected[i % 3][0])
            assert np.array_equal(ids, expected[i % 3][1])


def test_training_without_measured_colors_stops():
    model, optim = tiny.build_semgan(class_colors=True)
    with pytest.raises(InputError, match='no frame.s colors were measured; add') as error:
        model.train_step(tiny.batch(size=(32, 32)), optim)
    tiny.assert_one_sentence(str(error.value))


def test_colors_need_two_domains(make_runner):
    model, _ = tiny.build_semgan(class_colors=True)
    loader = SimpleNamespace(dataset=Subset(make_runner().train_dataloader.dataset, [0]))
    runner = SimpleNamespace(model=model, train_dataloader=loader, _resume=False)
    with pytest.raises(InputError, match='dataset is a Subset; put wrappers') as error:
        ClassColorsHook().before_train(runner)
    tiny.assert_one_sentence(str(error.value))


def test_a_bank_keeps_something():
    with pytest.raises(ValueError, match='keeps 0 styles'):
        ClassColorBank(3, size=0)


def test_banks_travel_in_the_weights():
    model = inputs_of_a_step()[0]
    again = tiny.build_semgan(class_colors=True)[0]
    again.load_state_dict(model.state_dict())
    assert torch.equal(again.colors_T.styles, model.colors_T.styles)
    assert 'colors_T.styles' not in tiny.build_semgan()[0].state_dict()


def test_pictures_leave_banks_and_random_numbers_alone():
    model = inputs_of_a_step()[0]
    state, count = torch.get_rng_state(), model.colors_T.count.item()
    model(**tiny.batch(size=(32, 32)), mode='predict')
    assert torch.equal(torch.get_rng_state(), state) and model.colors_T.count == count


def test_a_residual_generator_begins_with_its_input():
    model = tiny.build_semgan(generator=tiny.GENERATOR | dict(residual=True))[0]
    pair, _ = make_pair()
    assert torch.equal(model.G(pair)[0], pair[:, :3].clamp(-1, 1))
    torch.nn.init.constant_(model.G.image_head[1].bias, 9.0)
    assert torch.allclose(model.G(pair)[0], (pair[:, :3] + 1).clamp(-1, 1), atol=1e-5)
