"""Finds the datasets of a config inside their wrappers, and builds them."""

from copy import deepcopy
from pathlib import Path

from mmengine.config import Config
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from ..core.errors import InputError, found_no_frames, user_message
from ..datasets.fixed_steps import type_name

#: Wrappers that only repeat or reorder the frames of the dataset inside. The value is the name of
#: the wrapper's argument that holds this dataset.
WRAPPERS = {
    'RepeatDataset': 'dataset',
    'ClassBalancedDataset': 'dataset',
    'RareClassDataset': 'dataset',
    'UnpairedDataset': 'source',
}


def load_config(path: Path) -> Config:
    """Reads a config file.

    Raises:
        InputError: the file does not exist or is not a valid config.
    """
    if not path.is_file() or path.suffix not in ('.py', '.json', '.yaml', '.yml'):
        raise InputError(
            f'{path} is neither a GTA5 folder nor a config; name a folder that holds images/ and '
            'labels/, or an mmseg config (.py)'
        )
    try:
        return Config.fromfile(path)
    except Exception as error:  # a config is code, which can raise any error
        raise InputError(f'{path} cannot be read ({user_message(error)}); correct it') from error


def dataset_leaves(cfg: Config, path: Path, split: str | None) -> list[dict]:
    """Finds the configs of the plain datasets inside a config's dataset.

    Args:
        cfg: config with ``<split>_dataloader.dataset``, or ``dataset`` at top level.
        path: path of the config, for messages.
        split: 'train', 'val' or 'test'. None: 'train' or, without it, ``dataset`` at top level.

    Raises:
        InputError: there is no such dataset, or it is a wrapper of an unknown type.
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


def _leaves(dataset: dict, path: Path) -> list[dict]:
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


def build_dataset(cfg: dict, path: Path) -> BaseSegDataset:
    """Builds a dataset of a config and finds its frames.

    Args:
        cfg: config of the dataset.
        path: path of the config file, for messages.

    Raises:
        InputError: the dataset cannot be built, or has no frames.
    """
    try:
        dataset = DATASETS.build(cfg)
        dataset.full_init()
        empty = len(dataset) == 0
    except (AssertionError, AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        if not found_no_frames(error):
            raise InputError(f'{path}: {user_message(error)}') from error
        empty = True
    if empty:
        raise InputError(f'{path}: its dataset has no frames; check data_root, data_prefix, suffix')
    return dataset
