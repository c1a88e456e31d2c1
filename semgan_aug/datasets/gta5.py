"""GTA5 ("Playing for Data", Richter et al., arXiv 1608.02192) in the layout of the download."""

import os.path as osp

from mmseg.registry import DATASETS

from ..core.classes import CITYSCAPES19, LABEL_IDS
from .checks import size_problems
from .label_ids import LabelIdsDataset

#: Frames of the public release whose image and label differ in size.
KNOWN_BAD = frozenset((15188, 17705, *range(20801, 20861)))
KNOWN_BAD_REASON = 'label of another frame size in the public release'


def is_known_bad(stem: str) -> bool:
    """Whether image and label of a frame, e.g. ``'15188'``, differ in size in the release."""
    number = osp.basename(stem)
    return number.isdigit() and int(number) in KNOWN_BAD


@DATASETS.register_module()
class GTA5Dataset(LabelIdsDataset):
    """GTA5 in its official layout, with palette PNGs of Cityscapes label ids 0..34.

    .. code-block:: none

        data_root
        ├── images/00001.png ... 24966.png
        └── labels/00001.png ... 24966.png

    The public release contains pairs that cannot be used: in 15188, 17705 and 20801 to 20860, image
    and label differ in size. Some downloads also lack labels. Such pairs are found when the dataset
    is built, before a run begins.

    Args:
        class_set: ``'cityscapes19'``, ``'cityscapes20'`` (with the class 'unlabeled' for all other
            ids) or ``'camvid11'``.
        bad_pairs: ``'raise'`` stops with the list of bad pairs; ``'skip'`` leaves them out and logs
            the list.
        check_sizes: compare the sizes in the PNG headers of each pair, 24 bytes per file; only for
            local PNG files.
        data_prefix: folders of images and labels below ``data_root``.
        img_suffix: ending of the image files.
        seg_map_suffix: ending of the label files.
        **kwargs: see ``mmseg.datasets.BaseSegDataset``; an ``ann_file`` lists file stems such
            as ``00001``.

    Example:
        >>> load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
        >>> dataset = GTA5Dataset(data_root='data/gta5', pipeline=load)
        >>> len(dataset), len(dataset.metainfo['classes'])
        (2, 19)
    """

    METAINFO = CITYSCAPES19.metainfo
    ID_TABLE = LABEL_IDS

    def __init__(
        self,
        class_set: str = 'cityscapes19',
        bad_pairs: str = 'raise',
        check_sizes: bool = True,
        data_prefix: dict | None = None,
        img_suffix: str = '.png',
        seg_map_suffix: str = '.png',
        **kwargs,
    ) -> None:
        self.check_sizes = check_sizes
        super().__init__(
            class_set=class_set,
            bad_pairs=bad_pairs,
            data_prefix=data_prefix or dict(img_path='images', seg_map_path='labels'),
            img_suffix=img_suffix,
            seg_map_suffix=seg_map_suffix,
            **kwargs,
        )

    def find_problems(self, pairs: dict[str, dict]) -> dict[str, str]:
        """Finds known bad frames, and pairs whose PNG headers give different sizes."""
        problems = {}
        for s in pairs:
            if is_known_bad(s):
                problems[s] = KNOWN_BAD_REASON
        labeled = [s for s, pair in pairs.items() if 'seg_map_path' in pair and s not in problems]
        are_png = self.img_suffix.endswith('.png') and self.seg_map_suffix.endswith('.png')
        if self.check_sizes and are_png and self.backend_args is None:
            found = size_problems(
                [(pairs[s]['img_path'], pairs[s]['seg_map_path']) for s in labeled]
            )
            problems.update({s: why for s, why in zip(labeled, found, strict=True) if why})
        return problems
