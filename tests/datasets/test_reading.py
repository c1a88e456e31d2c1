"""What readers of broken files raise becomes one sentence with the names of the files."""

import cv2
import pytest
import tiny
from PIL import Image, UnidentifiedImageError

from semgan_aug.core.errors import InputError
from semgan_aug.datasets.reading import reading

INFO = dict(img_path='a.png', seg_map_path='a-ids.png')


@pytest.mark.parametrize(
    'error',
    [
        OSError('cut short'),
        FileNotFoundError(2, 'No such file'),
        UnidentifiedImageError('cannot identify'),
        SyntaxError('broken PNG file'),
        AssertionError(),
        cv2.error('empty image'),
        Image.DecompressionBombError('too large'),
    ],
    ids=lambda error: type(error).__name__,
)
def test_both_files_are_named(error):
    with (
        pytest.raises(InputError, match='^a.png or a-ids.png cannot be read') as raised,
        reading(INFO),
    ):
        raise error
    assert raised.value.__cause__ is error
    assert (str(error) or 'AssertionError') in str(raised.value)
    tiny.assert_one_sentence(str(raised.value))


def test_other_errors_pass():
    for error in (InputError('said already'), ValueError('a bug'), KeyboardInterrupt()):
        with pytest.raises(type(error)) as raised, reading(INFO):
            raise error
        assert raised.value is error
