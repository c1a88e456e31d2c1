"""Argument checks."""

import numpy as np
import pytest
import tiny

from semgan_aug.core.checks import (
    is_number,
    is_share,
    is_whole,
    require,
    require_choice,
    require_share,
    require_whole,
)
from semgan_aug.core.errors import InputError


def test_the_sentence_names_owner_argument_value_and_what_is_allowed():
    with pytest.raises(InputError) as error:
        require('PairPool', 'size', -1, 'a whole number from 0', False)
    assert str(error.value) == 'PairPool: size is -1, but a whole number from 0 is allowed'
    with pytest.raises(InputError) as error:
        require('', '--variants', 0, '1 or more', False)
    assert str(error.value) == '--variants is 0, but 1 or more is allowed'
    tiny.assert_one_sentence(str(error.value))


def test_what_is_allowed_passes():
    require('PairPool', 'size', 0, 'a whole number from 0', True)
    require_choice('SemGAN', 'gan_mode', 'lsgan', ('lsgan', 'vanilla'))


@pytest.mark.parametrize('value', ['wgan', None, [], dict(a=1)])
def test_choices(value):
    with pytest.raises(InputError, match=r"but one of \('lsgan', 'vanilla'\) is allowed"):
        require_choice('SemGAN', 'gan_mode', value, ('lsgan', 'vanilla'))


@pytest.mark.parametrize(
    'value, number, share, whole',
    [
        (0, True, True, True),
        (1, True, True, True),
        (3, True, False, True),
        (-1, True, False, False),
        (0.5, True, True, False),
        (np.float32(0.5), True, True, False),
        (1.5, True, False, False),
        (float('nan'), True, False, False),
        (float('inf'), True, False, False),
        (True, False, False, False),
        ('1', False, False, False),
        (None, False, False, False),
        ([0], False, False, False),
    ],
)
def test_kinds_of_numbers(value, number, share, whole):
    assert (is_number(value), is_share(value), is_whole(value)) == (number, share, whole)


def test_limits_of_whole_numbers():
    assert is_whole(2, 1, 2) and not is_whole(3, 1, 2) and not is_whole(0, 1)


def test_required_numbers_name_their_limits():
    require_share('', 'prob', 1)
    require_whole('', 'size', 2, 1, 2)
    with pytest.raises(InputError, match=r'A: prob is 2, but 0 \.\.\. 1 is allowed'):
        require_share('A', 'prob', 2)
    with pytest.raises(InputError, match='size is 3, but a whole number from 1 to 2 is allowed'):
        require_whole('', 'size', 3, 1, 2)
    with pytest.raises(InputError, match='size is -1, but a whole number from 0 is allowed'):
        require_whole('', 'size', -1)
