"""Removes the lower rows of a frame, for example the hood of the ego car."""

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from ..core.checks import is_share, require
from ..core.errors import InputError


@TRANSFORMS.register_module()
class CropRows(BaseTransform):
    """Keeps the upper rows of the image and of its label maps, e.g. to remove the car's hood.

    Use it in training pipelines only. In a test pipeline, predictions and ground truth would have
    different sizes.

    Required Keys:

    - img (H, W, 3)
    - seg_fields (optional), and the maps (H, W) that it names

    Modified Keys:

    - img and the maps: floor(keep * H) rows
    - img_shape

    Args:
        keep: share of the rows that are kept, counted from the top, in (0, 1].

    Raises:
        InputError: ``keep`` is out of range or leaves no row.

    Example:
        >>> import numpy as np
        >>> CropRows(keep=0.75)(dict(img=np.zeros((100, 200, 3), np.uint8)))['img'].shape
        (75, 200, 3)
    """

    def __init__(self, keep: float) -> None:
        allowed = 'above 0 and at most 1 (0.78 cuts the hood off GTA5 frames)'
        require('CropRows', 'keep', keep, allowed, is_share(keep) and keep > 0)
        self.keep = keep

    def transform(self, results: dict) -> dict:
        rows = int(self.keep * results['img'].shape[0])
        if not rows:
            raise InputError(
                f'CropRows keep={self.keep} leaves no row of an image of '
                f'{results["img"].shape[0]} rows; give a larger share.'
            )
        for key in ('img', *results.get('seg_fields', ())):
            results[key] = results[key][:rows]
        results['img_shape'] = results['img'].shape[:2]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(keep={self.keep})'
