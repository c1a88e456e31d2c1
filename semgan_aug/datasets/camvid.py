"""CamVid (Brostow et al., 2009) with the usual 11 classes."""

from mmseg.registry import DATASETS

from ..core.classes import CAMVID11, CAMVID_IDS
from .label_ids import LabelIdsDataset


@DATASETS.register_module()
class CamVidDataset(LabelIdsDataset):
    """CamVid with label PNGs of ids 0..10, in the order of ``CAMVID11``; 11 (void) becomes 255.

    .. code-block:: none

        data_root
        ├── images/train/0001TP_006690.jpg ...
        └── labels/train/0001TP_006690.png ...

    Args:
        bad_pairs: treatment of images without a label: ``'raise'`` an error or ``'skip'`` them.
        data_prefix: folders of images and labels below ``data_root``.
        img_suffix: ending of the image files.
        seg_map_suffix: ending of the label files.
        **kwargs: see ``mmseg.datasets.BaseSegDataset``; an ``ann_file`` lists file stems.

    Example:
        >>> load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
        >>> dataset = CamVidDataset(data_root='data/camvid', pipeline=load)
        >>> len(dataset), len(dataset.metainfo['classes'])
        (2, 11)
    """

    METAINFO = CAMVID11.metainfo
    ID_TABLE = CAMVID_IDS

    def __init__(
        self,
        bad_pairs: str = 'raise',
        data_prefix: dict | None = None,
        img_suffix: str = '.jpg',
        seg_map_suffix: str = '.png',
        **kwargs,
    ) -> None:
        super().__init__(
            class_set=CAMVID11.name,
            bad_pairs=bad_pairs,
            data_prefix=data_prefix or dict(img_path='images/train', seg_map_path='labels/train'),
            img_suffix=img_suffix,
            seg_map_suffix=seg_map_suffix,
            **kwargs,
        )
