"""A dataset wrapper that replaces the labels of a dataset by predicted labels."""

from pathlib import Path

from mmengine.dataset import BaseDataset, Compose
from mmseg.registry import DATASETS

from ..core.errors import InputError
from ..core.image_size import image_size
from .checks import summary
from .reading import reading


def require_own_names(paths: list[str]) -> None:
    """Checks that the file names of all frames differ, because labels are found by these names.

    Args:
        paths: paths of the image files.

    Raises:
        InputError: two frames have the same file name.
    """
    first: dict[str, str] = {}
    for path in paths:
        other = first.setdefault(Path(path).stem, path)
        if other != path:
            raise InputError(
                f'{other} and {path} have the same name, by which their labels would be found; '
                'split the dataset'
            )


@DATASETS.register_module()
class PseudoLabelDataset:
    """Any mmseg dataset with the labels that ``tools/pseudo_label.py`` wrote.

    If it is the target of :class:`UnpairedDataset`, SemGAN trains without target labels. It can
    also train a segmenter. The dataset's own labels are never read.

    Args:
        dataset: config of an mmseg dataset whose pipeline loads images and labels.
        folder: folder with one PNG per frame, named ``<stem of the image>.png``. The PNG holds
            class indices in the order of the dataset's classes, and 255 where the segmenter was not
            confident.

    Raises:
        InputError: the dataset is a wrapper, two frames have the same name, or the folder lacks a
            file for a frame, or has one of another size.

    Example:
        >>> from pathlib import Path
        >>> load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
        >>> target = dict(type='CamVidDataset', data_root='data/camvid', pipeline=load)
        >>> for label in Path('data/camvid/labels/train').glob('*.png'):  # stand for predictions
        ...     _ = Path('predicted', label.name).write_bytes(label.read_bytes())
        >>> len(PseudoLabelDataset(target, folder='predicted'))
        2
    """

    def __init__(self, dataset: dict | BaseDataset, folder: str) -> None:
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        if not isinstance(self.dataset, BaseDataset):
            raise InputError(
                f'PseudoLabelDataset wraps a {type(self.dataset).__name__}, but only a plain '
                'dataset knows its files; put PseudoLabelDataset inside, the wrapper around it'
            )
        self.folder = Path(folder)
        infos = [self.get_data_info(i) for i in range(len(self))]
        require_own_names([info['img_path'] for info in infos])
        missing = [p.name for i in infos if not (p := Path(i['seg_map_path'])).is_file()]
        if missing:
            raise InputError(
                f'{folder} holds no label for {summary(missing)}; write them with '
                'tools/pseudo_label.py'
            )
        for info in infos:
            with reading(info):
                image = image_size(info['img_path'], oriented=True)
                label = image_size(info['seg_map_path'])
            if image != label:
                raise InputError(
                    f'{info["seg_map_path"]} is {label[0]} x {label[1]}, but its image '
                    f'{image[0]} x {image[1]}; write the labels again with tools/pseudo_label.py'
                )

    @property
    def metainfo(self) -> dict:
        """Classes and palette of the wrapped dataset."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Finds the frames, if this has not been done yet."""
        self.dataset.full_init()

    def get_data_info(self, index: int) -> dict:
        """Data info of a frame, with the path of the predicted label instead of its own label."""
        info = self.dataset.get_data_info(index)
        path = self.folder / f'{Path(info["img_path"]).stem}.png'
        # The files hold class indices already.
        return info | dict(seg_map_path=str(path), label_map=None, reduce_zero_label=False)

    def __len__(self) -> int:
        return len(self.dataset)

    @property
    def pipeline(self) -> Compose:
        """Pipeline of the wrapped dataset."""
        return self.dataset.pipeline

    def __getitem__(self, index: int) -> dict | None:
        return self.pipeline(self.get_data_info(index))
