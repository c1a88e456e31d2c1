"""CheckPair stops at an image and a class map that do not belong together."""

import numpy as np
import pytest
import tiny
from mmseg.registry import TRANSFORMS

from semgan_aug.transforms import CheckPair


def loaded(pair, **changes):
    image, ids = pair
    return dict(img=image, gt_seg_map=ids, img_path='a.png', seg_map_path='a-ids.png') | changes


def test_what_fits_passes_unchanged(pair):
    results = loaded(pair)
    found = TRANSFORMS.build(dict(type='CheckPair'))(results)
    assert found is results and found['img'] is pair[0] and found['gt_seg_map'] is pair[1]


@pytest.mark.parametrize(
    'changes, message',
    [
        (dict(gt_seg_map=np.zeros((9, 9), np.uint8)), '24 x 16 and the class map 9 x 9 pixels'),
        (dict(img=np.zeros((16, 24, 3), np.float32)), 'float32'),
        (dict(gt_seg_map=np.zeros((16, 24), np.int64)), 'int64'),
        (dict(img=None), "CheckPair found no 'img' .* put it after LoadImageFromFile"),
        (dict(gt_seg_map=None), "CheckPair found no 'gt_seg_map' .* put it after LoadAnnotations"),
    ],
)
def test_what_does_not_fit_is_named(pair, changes, message):
    with pytest.raises(ValueError, match=message) as error:
        CheckPair()(loaded(pair, **changes))
    assert 'a.png and a-ids.png' in str(error.value)
    tiny.assert_one_sentence(str(error.value))
