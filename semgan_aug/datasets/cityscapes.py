"""Cityscapes (Cordts et al., arXiv 1604.01685) with the raw label ids of the download."""

from mmseg.datasets import CityscapesDataset
from mmseg.registry import DATASETS

from ..core.classes import LABEL_IDS
from .label_ids import LabelIdsDataset


@DATASETS.register_module()
class CityscapesIdsDataset(LabelIdsDataset, CityscapesDataset):
    """Cityscapes read from ``*_gtFine_labelIds.png``, without conversion, with 19 or 20 classes.

    If ``*_labelTrainIds.png`` files exist already, mmseg's ``CityscapesDataset`` reads the same 19
    classes from them.

    Args:
        class_set: ``'cityscapes19'``, ``'cityscapes20'`` (with the class 'unlabeled' for all other
            ids) or ``'camvid11'``.
        bad_pairs: treatment of images without a label: ``'raise'`` an error or ``'skip'`` them.
        data_prefix: folders of images and labels below ``data_root``; they hold the city folders
            of the split.
        seg_map_suffix: ending of the label files.
        **kwargs: see ``mmseg.datasets.BaseSegDataset``; an ``ann_file`` lists names such as
            ``aachen/aachen_000000_000019``.

    Example:
        >>> load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
        >>> dataset = CityscapesIdsDataset(data_root='data/cityscapes', pipeline=load)
        >>> len(dataset), len(dataset.metainfo['classes'])
        (2, 19)
    """

    ID_TABLE = LABEL_IDS

    def __init__(
        self,
        class_set: str = 'cityscapes19',
        bad_pairs: str = 'raise',
        data_prefix: dict | None = None,
        seg_map_suffix: str = '_gtFine_labelIds.png',
        **kwargs,
    ) -> None:
        super().__init__(
            class_set=class_set,
            bad_pairs=bad_pairs,
            data_prefix=data_prefix
            or dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train'),
            seg_map_suffix=seg_map_suffix,
            **kwargs,
        )
