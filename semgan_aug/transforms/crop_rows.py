"""Cuts off what every frame of a set shows at its bottom."""

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class CropRows(BaseTransform):
    """Keep the upper rows of the image and of its label maps, e.g. to cut off the ego hood.

    For training pipelines: in a test pipeline predictions would no longer have the size of the
    ground truth.

    Required Keys:

    - img (H, W, 3)
    - seg_fields (optional), and the maps (H, W) that it names

    Modified Keys:

    - img, and the maps (floor(keep * H) rows)
    - img_shape

    Args:
        keep: Share of the rows that stays, counted from the top, in (0, 1].

    Raises:
        ValueError: If ``keep`` is out of range or leaves no row.
    """

    def __init__(self, keep: float) -> None:
        if not 0 < keep <= 1:
            raise ValueError(
                f'CropRows keep={keep} must be above 0 and at most 1; 0.78 cuts the hood off GTA5 '
                'frames.'
            )
        self.keep = keep

    def transform(self, results: dict) -> dict:
        rows = int(self.keep * results['img'].shape[0])
        if not rows:
            raise ValueError(
                f'CropRows keep={self.keep} leaves no row of an image of '
                f'{results["img"].shape[0]} rows; give a larger share.'
            )
        for key in ('img', *results.get('seg_fields', ())):
            results[key] = results[key][:rows]
        results['img_shape'] = results['img'].shape[:2]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(keep={self.keep})'
