"""Checks that an image and its class map belong together."""

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from ..core.encoding import check_pair


def pair_name(results: dict) -> str:
    """The two files of a sample, for messages."""
    return f'{results.get("img_path", "the image")} and {results.get("seg_map_path", "its label")}'


def require_pair(results: dict, transform: str) -> None:
    """Checks that image and class map have been loaded and fit each other.

    Args:
        results: of a pipeline.
        transform: who asks, for the message.

    Raises:
        ValueError: one of them is missing, or they do not fit.
    """
    for key, loader in (('img', 'LoadImageFromFile'), ('gt_seg_map', 'LoadAnnotations')):
        if results.get(key) is None:
            raise ValueError(
                f'{transform} found no {key!r} for {pair_name(results)}: it works on an image and '
                f'its class map; put it after {loader} in the pipeline'
            )
    check_pair(results['img'], results['gt_seg_map'], pair_name(results))


@TRANSFORMS.register_module()
class CheckPair(BaseTransform):
    """Checks the types and the sizes of image and class map; the message names the files.

    Put it before random crops: a crop gives both the same size, also where they do not fit.

    Required Keys:

    - img (np.uint8, (H, W, 3))
    - gt_seg_map (np.uint8, (H, W))

    Raises:
        ValueError: they are missing or do not fit.

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
