"""The card of a translator: read, checked, written."""

import pytest
import tiny
import torch
from hostile_cards import wrong_cards

from semgan_aug.core.errors import InputError
from semgan_aug.translator.card import METHODS, Card

FIELDS = dict(
    version=1,
    method='SemGAN',
    direction='source2target',
    classes=[f'class {k}' for k in range(10)],
    palette=[[k, 0, 255] for k in range(10)],
    generator=dict(base_channels=4, num_blocks=1),
    ema=True,
    class_colors=True,
)
WRONG = {
    name: fields
    for name, fields in wrong_cards(FIELDS)
    # These only an argument check of the generator, or its weights, tell from good ones.
    if not name.startswith(('argument shared_blocks 0', 'argument amp_dtype 0', 'argument upsam'))
}


def test_round_trip():
    card = Card.from_dict(FIELDS)
    assert card.to_dict() == FIELDS
    assert Card.from_dict(card.to_dict()) == card


def test_fields_of_an_export():
    notes = dict(dtype='float16', package='0.2.0', config_sha256='0' * 64)
    assert Card.from_dict(FIELDS | notes).to_dict() == FIELDS | notes


def test_unknown_fields_are_left_out():
    assert Card.from_dict(FIELDS | dict(more=1)) == Card.from_dict(FIELDS)


def test_ema_and_class_colors_may_be_missing():
    required = {key: value for key, value in FIELDS.items() if key not in ('ema', 'class_colors')}
    card = Card.from_dict(required)
    assert not card.ema and not card.class_colors


def test_the_spelling_of_0_1_0():
    fields = dict(FIELDS)
    fields['class_colours'] = fields.pop('class_colors')
    assert Card.from_dict(fields) == Card.from_dict(FIELDS)


@pytest.mark.parametrize('name', WRONG)
def test_wrong_fields_are_refused(name):
    with pytest.raises(InputError) as error:
        Card.from_dict(WRONG[name])
    tiny.assert_one_sentence(str(error.value))
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    'field, value, message',
    [
        ('method', 'Pix2Pix', r"method is 'Pix2Pix', but one of \('SemGAN', .* is needed"),
        ('palette', [[0, 0, 256]] * 10, r'a list of 10 colors \[R, G, B\] in 0 ... 255 is needed'),
        ('generator', dict(num_blocks=101), "'num_blocks' .* is 101, but .* 0 ... 100 is allowed"),
        ('dtype', 'int8', r"dtype is 'int8', but one of \('float32', 'float16'\) is needed"),
        ('package', 'a\nb', 'package is .*, but a version is needed'),
        ('config_sha256', 'abc', '64 hexadecimal digits is needed'),
    ],
)
def test_messages_name_value_and_what_is_allowed(field, value, message):
    with pytest.raises(InputError, match=message):
        Card.from_dict(FIELDS | {field: value})


@pytest.mark.parametrize('method', METHODS)
def test_empty_generator(method):
    """Built on the meta device: it takes no memory."""
    card = Card.from_dict(FIELDS | dict(method=method, class_colors=False))
    weights = list(card.empty_generator().parameters())
    assert weights and all(weight.device == torch.device('meta') for weight in weights)
