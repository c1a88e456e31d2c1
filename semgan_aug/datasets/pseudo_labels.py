"""Target frames whose class maps are a segmenter's own predictions."""

from pathlib import Path

from mmengine.dataset import BaseDataset
from mmseg.registry import DATASETS

from ..errors import InputError
from .checks import summary


@DATASETS.register_module()
class PseudoLabelDataset:
    """Any mmseg dataset, its labels replaced by those that ``tools/pseudo_label.py`` wrote.

    For the target of :class:`UnpairedDataset`, so that SemGAN trains without a target label, or
    for a segmenter. The dataset's own labels are never read.

    Args:
        dataset: config of an mmseg dataset whose pipeline loads images and labels.
        folder: of one PNG per frame, named ``<stem of the image>.png``, with class indices in the
            order of the dataset's classes, 255 where the segmenter was not sure.

    Raises:
        InputError: a frame has no file in the folder.
    """

    def __init__(self, dataset: dict | BaseDataset, folder: str):
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        self.folder = Path(folder)
        paths = [Path(self.get_data_info(i)['seg_map_path']) for i in range(len(self))]
        missing = [path.name for path in paths if not path.is_file()]
        if missing:
            raise InputError(
                f'{folder} holds no label for {summary(missing)}; write them with '
                'tools/pseudo_label.py'
            )

    @property
    def metainfo(self) -> dict:
        return self.dataset.metainfo

    def full_init(self) -> None:
        self.dataset.full_init()

    def get_data_info(self, index: int) -> dict:
        info = self.dataset.get_data_info(index)
        path = self.folder / f'{Path(info["img_path"]).stem}.png'
        # The files hold class indices already.
        return info | dict(seg_map_path=str(path), label_map=None, reduce_zero_label=False)

    def __len__(self) -> int:
        return len(self.dataset)

    @property
    def pipeline(self):
        return self.dataset.pipeline

    def __getitem__(self, index: int) -> dict:
        return self.pipeline(self.get_data_info(index))
