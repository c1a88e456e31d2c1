"""Weights that do not fit the card of their checkpoint are refused."""

import pytest
import tiny
import torch

from semgan_aug import load_translator
from semgan_aug.translator.checkpoint import CheckpointError, read_translator
from semgan_aug.translator.weights import fitting_weights


@pytest.fixture
def changed(ckpt, tmp_path):
    """Writes a copy of the checkpoint that a function has changed."""

    def write(change):
        checkpoint = torch.load(ckpt, weights_only=True)
        change(checkpoint)
        torch.save(checkpoint, tmp_path / 'changed.pth')
        return tmp_path / 'changed.pth'

    return write


def test_weights_are_contiguous_copies(ckpt):
    """Views of one stored tensor become tensors of their own, float16 becomes float32."""
    card, parts = read_translator(ckpt)
    name, value = next(iter(parts['generator'].items()))
    expanded = value.flatten()[:1].half().view((1,) * value.ndim).expand(value.shape)
    found = fitting_weights(card, parts | dict(generator=parts['generator'] | {name: expanded}))
    copy = found['generator'][name]
    assert copy.is_contiguous() and copy.dtype == torch.float32
    assert torch.equal(copy, expanded.float())


@pytest.mark.parametrize('bent', [dict(base_channels=8), dict(num_blocks=2)], ids=str)
def test_weights_that_do_not_fit_the_card(changed, bent):
    path = changed(lambda c: c['semgan_aug']['generator'].update(bent))
    with pytest.raises(CheckpointError, match='weights do not fit the network') as error:
        load_translator(path)
    assert str(path) in str(error.value)
    tiny.assert_one_sentence(str(error.value))


def test_no_weights_at_all(changed):
    path = changed(lambda c: c.pop('state_dict'))
    with pytest.raises(CheckpointError, match='has no state_dict'):
        load_translator(path)


def test_no_class_colors_where_the_card_says_so(changed):
    path = changed(lambda c: c['state_dict'].pop('colors_T.styles'))
    with pytest.raises(CheckpointError, match='weights do not fit'):
        load_translator(path)


def test_an_empty_bank(changed):
    path = changed(lambda c: c['state_dict'].update({'colors_T.styles': torch.zeros(0, 11, 2, 3)}))
    with pytest.raises(CheckpointError, match='has 0 styles, but 1'):
        load_translator(path)


@pytest.mark.parametrize(
    'key, name',
    [
        ('G.image_head.1.weight', 'generator.image_head.1.weight'),
        ('colors_T.styles', 'colors.styles'),
    ],
)
def test_weights_of_a_training_that_diverged(changed, key, name):
    path = changed(lambda c: c['state_dict'][key].view(-1)[:1].fill_(float('nan')))
    with pytest.raises(CheckpointError, match=f'{name} is not finite') as error:
        load_translator(path)
    tiny.assert_one_sentence(str(error.value))


def test_unknown_architecture(changed):
    path = changed(lambda c: c['semgan_aug']['generator'].update(attention=True))
    with pytest.raises(CheckpointError, match='attention') as error:
        load_translator(path)
    tiny.assert_one_sentence(str(error.value))
