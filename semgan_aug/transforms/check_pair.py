"""Checks that the image and the class map of each sample fit each other."""

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from ..core.pair_checks import require_pair


@TRANSFORMS.register_module()
class CheckPair(BaseTransform):
    """Checks the types and the sizes of image and class map; an error names the two files.

    Put it before random crops. A crop gives image and class map the same size, so that a
    difference is not noticed after it.

    Required Keys:

    - img (np.uint8, (H, W, 3))
    - gt_seg_map (np.uint8, (H, W))

    Raises:
        InputError: image or class map is missing, or they do not fit.

    Example:
        >>> import numpy as np
        >>> image, ids = np.zeros((96, 160, 3), np.uint8), np.zeros((96, 150), np.uint8)
        >>> CheckPair()(dict(img=image, gt_seg_map=ids, img_path='a.png', seg_map_path='b.png'))
        Traceback (most recent call last):
            ...
        semgan_aug.core.errors.InputError: a.png and b.png: the image is 160 x 96 ...
    """

    def transform(self, results: dict) -> dict:
        require_pair(results, 'CheckPair')
        return results
