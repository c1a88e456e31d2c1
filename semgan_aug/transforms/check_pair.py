"""Stops at the first image and label that do not belong together."""

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from ..core.encoding import check_pair


def pair_name(results: dict) -> str:
    """The two files of a sample, for messages."""
    return f'{results.get("img_path", "the image")} and {results.get("seg_map_path", "its label")}'


def require_pair(results: dict, transform: str) -> None:
    """Raise ValueError unless image and class map have been loaded and fit each other."""
    for key, loader in (('img', 'LoadImageFromFile'), ('gt_seg_map', 'LoadAnnotations')):
        if results.get(key) is None:
            raise ValueError(
                f'{transform} found no {key!r} for {pair_name(results)}: it works on an image and '
                f'its class map; put it after {loader} in the pipeline'
            )
    check_pair(results['img'], results['gt_seg_map'], pair_name(results))


@TRANSFORMS.register_module()
class CheckPair(BaseTransform):
    """Checks that image and class map are of the same size and type, and names the files if not.

    Belongs before random crops: those cut a misfit to matching sizes, and no one would notice.

    Required Keys:

    - img (np.uint8, (H, W, 3))
    - gt_seg_map (np.uint8, (H, W))

    Raises:
        ValueError: they are missing or do not fit.
    """

    def transform(self, results: dict) -> dict:
        require_pair(results, 'CheckPair')
        return results
