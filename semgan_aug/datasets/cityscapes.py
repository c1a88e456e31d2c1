"""Cityscapes (Cordts et al., arXiv 1604.01685) as it is downloaded, label ids and all."""

from mmseg.datasets import CityscapesDataset
from mmseg.registry import DATASETS

from ..core.classes import LABEL_IDS
from .label_ids import LabelIdsMixin


@DATASETS.register_module()
class CityscapesIdsDataset(LabelIdsMixin, CityscapesDataset):
    """Cityscapes read from ``*_gtFine_labelIds.png``: no conversion, and 20 classes possible.

    With ``*_labelTrainIds.png`` already written, mmseg's own ``CityscapesDataset`` does as well.

    Args:
        class_set: ``'cityscapes19'``, ``'cityscapes20'`` (the rest is 'unlabeled') or
            ``'camvid11'``.
        bad_pairs: ``'raise'`` or ``'skip'`` images without a label.
        data_prefix: Folders below ``data_root``; the split's city folders lie in them.
        seg_map_suffix: Ending of the label files.
        **kwargs: See ``mmseg.datasets.BaseSegDataset``; an ``ann_file`` lists names such as
            ``aachen/aachen_000000_000019``.
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
