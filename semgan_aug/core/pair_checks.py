"""Checks that the image and the class map of a pipeline's sample belong together."""

from .encoding import check_pair
from .errors import InputError


def pair_name(results: dict) -> str:
    """Names the two files of a sample, for messages."""
    return f'{results.get("img_path", "the image")} and {results.get("seg_map_path", "its label")}'


def require_pair(results: dict, transform: str) -> None:
    """Checks that image and class map have been loaded and fit each other.

    Args:
        results: the sample in a pipeline; read only.
        transform: the name of the transform that needs both, for the message.

    Raises:
        InputError: image or class map is missing, or they do not fit.

    Example:
        >>> require_pair(dict(img=None, img_path='a.png'), 'CheckPair')
        Traceback (most recent call last):
            ...
        semgan_aug.core.errors.InputError: CheckPair found no 'img' for a.png and its label: ...
    """
    for key, loader in (('img', 'LoadImageFromFile'), ('gt_seg_map', 'LoadAnnotations')):
        if results.get(key) is None and 'inputs' in results:
            raise InputError(
                f'{transform} found a packed sample without {key!r}; put it before PackSegInputs '
                'in the pipeline'
            )
        if results.get(key) is None:
            raise InputError(
                f'{transform} found no {key!r} for {pair_name(results)}: it works on an image and '
                f'its class map; put it after {loader} in the pipeline'
            )
    check_pair(results['img'], results['gt_seg_map'], pair_name(results))
