"""Sources of frames to translate: a downloaded GTA5 folder, or the dataset of an mmseg config."""

import posixpath
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from mmseg.datasets import BaseSegDataset
from mmseg.datasets.transforms import LoadAnnotations
from PIL import Image

from ..core.classes import CLASS_SETS, LABEL_IDS, label_map
from ..core.errors import InputError
from ..datasets import GTA5Dataset
from .dataset_config import build_dataset, dataset_leaves, load_config

IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg')
LABEL_SUFFIX = '.png'


@dataclass(frozen=True)
class Frame:
    """An image and its label.

    Args:
        name: name of the image file, relative to the dataset's root.
        label: name of the label file, relative to the dataset's root.
        image_path: path of the image file.
        label_path: path of the label file.
    """

    name: str
    label: str
    image_path: str
    label_path: str


@dataclass(frozen=True)
class Source:
    """The frames of a dataset, and the meaning of their labels.

    Args:
        root: the dataset's ``data_root``.
        frames: frames in the dataset's order, each once.
        classes: class names in id order.
        id_table: class id, or 255, of each raw id in label files: uint8 (256,).
        left_out: the reason for each frame that the dataset leaves out, by name.
        lists: frame lists (``ann_file``) below the root: name -> (line, name of the frame) pairs.
        backend_args: mmengine file backend; None means local files.
    """

    root: str
    frames: list[Frame]
    classes: list[str]
    id_table: np.ndarray
    left_out: dict[str, str]
    lists: dict[str, list[tuple[str, str]]]
    backend_args: dict | None = None

    def raw_ids(self) -> dict[str, list[int]]:
        """The raw ids of each class, by class name."""
        return {
            name: np.flatnonzero(self.id_table == i).tolist() for i, name in enumerate(self.classes)
        }


def open_source(path: Path, classes: list[str], split: str | None = None) -> Source:
    """Finds the frames of a dataset, and checks that it has the classes of a translator.

    Args:
        path: a folder with ``images/*.png`` and ``labels/*.png`` in GTA5's layout, or a config.
        classes: classes of the translator, in id order.
        split: 'train' (the default), 'val' or 'test' of a config.

    Raises:
        InputError: the path is neither a GTA5 folder nor a config; or the dataset cannot be built,
            has other classes, has frames without labels or outside its ``data_root``, or is a
            wrapper of an unknown type.
    """
    if path.is_dir():
        if split is not None:
            raise InputError(f'--split is {split!r}, but {path} is a folder; leave --split out')
        parts = [_gta5(path, classes)]
    else:
        leaves = dataset_leaves(load_config(path), path, split)
        parts = [build_dataset(leaf | dict(pipeline=[]), path) for leaf in leaves]
    return _describe(parts, path, classes)


def _gta5(folder: Path, classes: list[str]) -> BaseSegDataset:
    for folder_name in ('images', 'labels'):
        if not (folder / folder_name).is_dir():
            raise InputError(
                f'{folder} holds no {folder_name}/, which a GTA5 folder has; name another folder, '
                'or an mmseg config of the dataset'
            )
    for name, class_set in CLASS_SETS.items():
        if list(class_set.classes) == list(classes) and _has_gta5_labels(name):
            cfg = dict(type=GTA5Dataset, data_root=str(folder), class_set=name, bad_pairs='skip')
            return build_dataset(cfg, folder)
    usable = [name for name in CLASS_SETS if _has_gta5_labels(name)]
    raise InputError(
        f'{folder}: the checkpoint translates the classes {list(classes)}, but GTA5 labels are '
        f'read as one of {usable}; use a checkpoint of these classes, or name an mmseg config of '
        'the dataset'
    )


def _has_gta5_labels(class_set: str) -> bool:
    """Whether GTA5's label ids include every class of a set."""
    try:
        ids = label_map(LABEL_IDS, CLASS_SETS[class_set]).values()
    except ValueError:
        return False
    return set(range(CLASS_SETS[class_set].num_classes)) <= set(ids)


def _describe(datasets: list[BaseSegDataset], path: Path, classes: list[str]) -> Source:
    """Joins datasets that have the same root, classes and table of ids."""
    first = datasets[0]
    table = id_table(first.get_data_info(0))
    frames: dict[str, Frame] = {}
    left_out: dict[str, str] = {}
    lists: dict[str, list[tuple[str, str]]] = {}
    for dataset in datasets:
        found = list(dataset.metainfo.get('classes') or ())
        if found != list(classes):
            raise InputError(
                f'{path}: the checkpoint translates the classes {list(classes)}, but the dataset '
                f'has {found}; use a checkpoint trained on the same classes in the same order'
            )
        one_root = getattr(dataset, 'data_root', None) == first.data_root
        if not one_root or dataset.backend_args != first.backend_args:
            raise InputError(
                f'{path}: its datasets lie in {first.data_root} and {dataset.data_root}, but one '
                'folder can take the place of one data_root only; translate each with a config of '
                'its own'
            )
        if not np.array_equal(id_table(dataset.get_data_info(0)), table):
            raise InputError(
                f'{path}: its datasets read the ids of their labels in different ways; translate '
                'each with a config of its own'
            )
        own = {f.name: f for f in _frames(dataset, path)}
        frames |= own
        left_out |= getattr(dataset, 'left_out', {})
        lists |= _lists(dataset, own)
    source = Source(
        str(first.data_root),
        list(frames.values()),
        list(classes),
        table,
        left_out,
        lists,
        first.backend_args,
    )
    missing = [name for name, ids in source.raw_ids().items() if not ids]
    if missing:
        raise InputError(
            f'{path}: no id in its label files stands for {missing}, so a translated label could '
            'not be written; use a checkpoint of classes that the labels have'
        )
    return source


def id_table(info: dict) -> np.ndarray:
    """Finds out to which class id LoadAnnotations maps each raw id of a dataset's labels.

    Args:
        info: data info of a frame, as the dataset's ``get_data_info`` returns it.

    Returns:
        Class id, or 255, of each raw id: uint8 (256,).
    """
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / 'ids.png')
        Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).save(path)
        of_dataset = {key: info.get(key) for key in ('label_map', 'reduce_zero_label')}
        loaded = LoadAnnotations()(dict(of_dataset, seg_map_path=path, seg_fields=[]))
    return cast(dict, loaded)['gt_seg_map'].ravel()


def _frames(dataset: BaseSegDataset, path: Path) -> list[Frame]:
    """The frames of a dataset; raises InputError if a translation of one cannot be written."""
    frames = []
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        if info.get('seg_map_path') is None:
            raise InputError(
                f'{path}: {info["img_path"]} has no label, and frames are translated with theirs; '
                'name a split with labels (data_prefix=dict(seg_map_path=...))'
            )
        image, label = info['img_path'], info['seg_map_path']
        frame = Frame(
            _relative(image, dataset.data_root, path),
            _relative(label, dataset.data_root, path),
            image,
            label,
        )
        for name, suffixes in ((frame.name, IMAGE_SUFFIXES), (frame.label, (LABEL_SUFFIX,))):
            if not name.lower().endswith(suffixes):
                raise InputError(
                    f'{path}: {name} ends in none of {suffixes}, which are the formats that can be '
                    'written; convert the dataset first'
                )
        frames.append(frame)
    return frames


def _relative(file: str, root: str | None, path: Path) -> str:
    start = posixpath.normpath(str(root)) + '/'
    name = posixpath.normpath(file)
    if not root or not name.startswith(start):
        raise InputError(
            f'{path}: {file} does not lie below data_root ({root}), so its place in the new folder '
            'is not known; set data_root to a folder above images and labels'
        )
    return name[len(start) :]


def _lists(dataset: BaseSegDataset, frames: dict[str, Frame]) -> dict[str, list[tuple[str, str]]]:
    """The dataset's frame list, if it is a file below the root.

    The translated dataset needs the same list without the frames that cannot be read.
    """
    start = posixpath.normpath(str(dataset.data_root)) + '/'
    name = posixpath.normpath(str(dataset.ann_file or ''))
    if not (name.startswith(start) and Path(name).is_file()):
        return {}
    by_path = {posixpath.normpath(f.image_path): f.name for f in frames.values()}
    pairs = []
    for line in Path(name).read_text().splitlines():
        image = f'{dataset.data_prefix.get("img_path")}/{line.strip()}{dataset.img_suffix}'
        frame = by_path.get(posixpath.normpath(image))
        if frame is not None:
            pairs.append((line.strip(), frame))
    return {name[len(start) :]: pairs}
