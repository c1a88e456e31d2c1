"""require_pair names the transform, the missing entry and the two files of the sample."""

import pytest
import tiny

from semgan_aug.core.errors import InputError
from semgan_aug.core.pair_checks import pair_name, require_pair


def test_names_of_the_files():
    assert pair_name(dict(img_path='a.png', seg_map_path='b.png')) == 'a.png and b.png'
    assert pair_name({}) == 'the image and its label'


def test_a_pair_that_fits_passes(pair):
    image, ids = pair
    require_pair(dict(img=image, gt_seg_map=ids), 'SemGANTranslate')


@pytest.mark.parametrize(
    'missing, loader', [('img', 'LoadImageFromFile'), ('gt_seg_map', 'LoadAnnotations')]
)
def test_a_missing_entry_is_bad_input(pair, missing, loader):
    image, ids = pair
    results = dict(img=image, gt_seg_map=ids, img_path='a.png', seg_map_path='b.png')
    del results[missing]
    with pytest.raises(
        InputError, match=f'SemGANTranslate found no .{missing}. for a.png'
    ) as error:
        require_pair(results, 'SemGANTranslate')
    assert f'put it after {loader}' in str(error.value)
    tiny.assert_one_sentence(str(error.value))


def test_a_packed_sample_comes_too_late():
    with pytest.raises(InputError, match='put it before PackSegInputs') as error:
        require_pair(dict(inputs=[], data_samples=None), 'SemGANTranslate')
    tiny.assert_one_sentence(str(error.value))
