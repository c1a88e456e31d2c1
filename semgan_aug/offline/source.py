"""The frames to translate: a GTA5 folder as downloaded, or the dataset of any mmseg config."""

import posixpath
import tempfile
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.config import Config, ConfigDict
from mmengine.dataset import BaseDataset
from mmseg.datasets.transforms import LoadAnnotations
from mmseg.registry import DATASETS
from PIL import Image

from ..core.classes import CLASS_SETS, LABEL_IDS, label_map
from ..core.errors import InputError, user_message
from ..datasets import GTA5Dataset
from ..datasets.fixed_steps import type_name

IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg')
LABEL_SUFFIX = '.png'
#: Wrappers whose frames are those of the dataset inside, drawn more often or in another order.
#: The value is the wrapper's argument that holds it.
WRAPPERS = {
    'RepeatDataset': 'dataset',
    'ClassBalancedDataset': 'dataset',
    'RareClassDataset': 'dataset',
    'UnpairedDataset': 'source',
}


@dataclass(frozen=True)
class Frame:
    """An image and its label.

    Args:
        name: of the image file, relative to the dataset's root.
        label: of the label file, relative to the same.
        image_path: where it is read.
        label_path: where it is read.
    """

    name: str
    label: str
    image_path: str
    label_path: str


@dataclass(frozen=True)
class Source:
    """What a dataset says about its frames.

    Args:
        root: the dataset's ``data_root``.
        frames: in the dataset's order, each once.
        classes: names in id order.
        id_table: class id, or 255, of each raw id in label files: uint8 (256,).
        left_out: names of frames that the dataset leaves out, and why.
        lists: frame lists (``ann_file``) below the root: name to (line, frame) pairs.
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
        """The raw ids that stand for each class."""
        return {
            name: np.flatnonzero(self.id_table == i).tolist() for i, name in enumerate(self.classes)
        }


def open_source(path: Path, classes: list[str], split: str | None = None) -> Source:
    """Finds the frames of a dataset, all of which must have the classes of a translator.

    Args:
        path: a folder with ``images/*.png`` and ``labels/*.png`` as GTA5 has them, or a config.
        classes: of the translator, in id order.
        split: 'train' (the default), 'val' or 'test' of a config.

    Raises:
        InputError: it is neither, or the dataset cannot be built, has other classes, has frames
            without labels or outside its ``data_root``, or is a wrapper of another kind.
    """
    if path.is_dir():
        if split is not None:
            raise InputError(f'--split is {split!r}, but {path} is a folder; leave --split out')
        parts = [_gta5(path, classes)]
    else:
        leaves = dataset_leaves(load_config(path), path, split)
        parts = [build_dataset(leaf | dict(pipeline=[]), path) for leaf in leaves]
    return _describe(parts, path, classes)


def load_config(path: Path) -> Config:
    """A config file.

    Raises:
        InputError: there is none, or it is no valid one.
    """
    if not path.is_file() or path.suffix not in ('.py', '.json', '.yaml', '.yml'):
        raise InputError(
            f'{path} is neither a GTA5 folder nor a config; name a folder that holds images/ and '
            'labels/, or an mmseg config (.py)'
        )
    try:
        return Config.fromfile(path)
    except Exception as error:  # a config is code: whatever it raises
        raise InputError(f'{path} cannot be read ({user_message(error)}); correct it') from error


def dataset_leaves(cfg: Config, path: Path, split: str | None) -> list[ConfigDict]:
    """Configs of the plain datasets inside a config's dataset.

    Args:
        cfg: has ``<split>_dataloader.dataset``, or ``dataset`` at top level.
        path: of the config, for messages.
        split: None is 'train', or else what stands at top level.

    Raises:
        InputError: there is no such dataset, or it is a wrapper of an unknown kind.
    """
    key = f'{split or "train"}_dataloader'
    dataset = (cfg.get(key) or {}).get('dataset')
    if dataset is None and split is None:
        dataset = cfg.get('dataset')
    if not isinstance(dataset, dict) or 'type' not in dataset:
        found = [s for s in ('train', 'val', 'test') if (cfg.get(f'{s}_dataloader') or {})]
        raise InputError(
            f'{path} has no {key}.dataset; choose a --split that it has (here {found}), or write '
            'dataset = dict(type=...) into it'
        )
    return _leaves(deepcopy(dataset), path)


def _leaves(dataset: ConfigDict, path: Path) -> list[ConfigDict]:
    kind = type_name(dataset)
    if kind == 'ConcatDataset':
        return [leaf for part in dataset['datasets'] for leaf in _leaves(part, path)]
    inside = dataset.get(WRAPPERS.get(kind, ''))
    if inside is not None:
        return _leaves(inside, path)
    if kind in WRAPPERS or 'dataset' in dataset or 'datasets' in dataset:
        raise InputError(
            f'the dataset of {path} is a {kind}, whose frames are not the files of one dataset; '
            f'name a config with the dataset inside it, or one of ConcatDataset, '
            f'{", ".join(WRAPPERS)}'
        )
    return [dataset]


def build_dataset(cfg: dict, path: Path) -> BaseDataset:
    """A dataset of a config, with its frames found.

    Raises:
        InputError: it cannot be built, or has no frames.
    """
    try:
        dataset = DATASETS.build(cfg)
        dataset.full_init()
        empty = len(dataset) == 0
    except (AssertionError, AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        # This is how mmengine stumbles over a dataset without frames.
        empty = 'need at least one array to concatenate' in str(error)
        if not empty:
            text = user_message(error).strip('\'"')
            raise InputError(f'{path}: {text}') from error
    if empty:
        raise InputError(f'{path}: its dataset has no frames; check data_root, data_prefix, suffix')
    return dataset


def _gta5(folder: Path, classes: list[str]) -> BaseDataset:
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
    """Whether GTA5's ids can stand for every class of a set."""
    try:
        ids = label_map(LABEL_IDS, CLASS_SETS[class_set]).values()
    except ValueError:
        return False
    return set(range(CLASS_SETS[class_set].num_classes)) <= set(ids)


def _describe(datasets: list[BaseDataset], path: Path, classes: list[str]) -> Source:
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
        str(first.data_root), list(frames.values()), list(classes), table, left_out, lists
    )
    missing = [name for name, ids in source.raw_ids().items() if not ids]
    if missing:
        raise InputError(
            f'{path}: no id in its label files stands for {missing}, so a translated label could '
            'not be written; use a checkpoint of classes that the labels have'
        )
    return Source(**vars(source) | dict(backend_args=first.backend_args))


def id_table(info: dict) -> np.ndarray:
    """What LoadAnnotations makes of each raw id of a dataset's labels: uint8 (256,)."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / 'ids.png')
        Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).save(path)
        of_dataset = {key: info.get(key) for key in ('label_map', 'reduce_zero_label')}
        loaded = LoadAnnotations()(dict(of_dataset, seg_map_path=path, seg_fields=[]))
    return loaded['gt_seg_map'].ravel()


def _frames(dataset: BaseDataset, path: Path) -> list[Frame]:
    frames = []
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        if info.get('seg_map_path') is None:
            raise InputError(
                f'{path}: {info["img_path"]} has no label, and frames are translated with theirs; '
                'name a split with labels (data_prefix=dict(seg_map_path=...))'
            )
        paths = info['img_path'], info['seg_map_path']
        names = [_relative(p, dataset.data_root, path) for p in paths]
        for name, suffixes in zip(names, (IMAGE_SUFFIXES, (LABEL_SUFFIX,)), strict=True):
            if not name.lower().endswith(suffixes):
                raise InputError(
                    f'{path}: {name} ends in none of {suffixes}, which are the formats that can be '
                    'written; convert the dataset first'
                )
        frames.append(Frame(*names, *paths))
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


def _lists(dataset: BaseDataset, frames: dict[str, Frame]) -> dict[str, list[tuple[str, str]]]:
    """The dataset's frame list, if it is a file below the root: the new folder needs it as well."""
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
