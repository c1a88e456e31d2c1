"""The training data of a table's row, as a change of the segmenter's config."""

from copy import deepcopy
from typing import Any

from mmengine.config import Config, ConfigDict
from mmseg.registry import DATASETS

from ..core.errors import InputError
from ..datasets.fixed_steps import fixed_steps

#: Entries of a row's training data.
KEYS = ('train', 'restyle', 'mix', 'labels')


def apply_training_data(cfg: Config, training_data: dict, ckpt: str | None = None) -> None:
    """Changes the training data of a segmenter's config, in place, as a row says.

    Args:
        cfg: with datasets ``source``, ``target_few`` and ``target_all`` beside the usual entries.
        training_data: any of ``train`` (name of the dataset to train on, 'source' by default),
            ``restyle`` (a transform of its frames; ``target='target_few'`` in it names a dataset,
            ``translator`` a translator of the suite), ``mix`` (name of a dataset that is mixed in
            at the same rate) and ``labels`` (how many frames of that dataset).
        ckpt: the translator's checkpoint.

    Raises:
        InputError: an unknown entry, a dataset that the config does not have, or more labels than
            frames.
    """
    unknown = set(training_data) - set(KEYS)
    if unknown:
        raise InputError(f'a row has the entries {sorted(unknown)}, but {KEYS} are allowed')
    dataset = _dataset(cfg, training_data.get('train', 'source'))
    if 'restyle' in training_data:
        frames = _wrapped(dataset)
        fixed = fixed_steps(frames.pipeline)
        step = restyle_step(cfg, training_data, ckpt)
        frames.pipeline = [*fixed, step, *frames.pipeline[len(fixed) :]]
    if 'mix' in training_data:
        few = _dataset(cfg, training_data['mix'])
        sizes = [number_of_frames(d) for d in (dataset, few)]
        if 'labels' in training_data:
            chosen = spread(training_data['labels'], sizes[1])
            # The few may themselves be chosen from a larger dataset.
            listed = few.get('indices')
            if isinstance(listed, (list, tuple)):
                chosen = [listed[i] for i in chosen]
            few.indices = chosen
            sizes[1] = len(chosen)
        # Whole repeats of the smaller dataset, so the rates are equal but for rounding.
        times = [max(1, round(max(sizes) / size)) for size in sizes]
        both = [
            dict(type='RepeatDataset', times=t, dataset=d) if t > 1 else d
            for t, d in zip(times, (dataset, few))
        ]
        dataset = dict(type='ConcatDataset', datasets=both)
    cfg.train_dataloader.dataset = dataset


def restyle_step(cfg: Config, training_data: dict, ckpt: str | None = None) -> ConfigDict:
    """The transform in a row's ``restyle``, ready to be built.

    Args:
        cfg: config of the segmenter, with the dataset that ``target`` names.
        training_data: see :func:`apply_training_data`.
        ckpt: the translator's checkpoint.
    """
    step: Any = ConfigDict(deepcopy(training_data['restyle']))
    if step.pop('translator', None) is not None:
        step.ckpt = ckpt
    if 'target' in step:
        step.target = _dataset(cfg, step.target)
        step.target.pipeline = fixed_steps(step.target.pipeline)
    return step


def fixed_frames(cfg: Config, name: str, count: int) -> list[dict]:
    """Samples of a dataset of the config, before the first random transform.

    Args:
        cfg: config of the segmenter.
        name: of the dataset.
        count: samples, evenly spread; fewer if the dataset is smaller.
    """
    dataset = _dataset(cfg, name)
    dataset.pipeline = fixed_steps(dataset.pipeline)
    dataset = DATASETS.build(dataset)
    count = min(count, len(dataset))
    return [dataset[i] for i in spread(count, len(dataset))]


def spread(count: int, of: int) -> list[int]:
    """``count`` indices below ``of``, evenly spread.

    Raises:
        InputError: ``count`` is not in 1 ... ``of``.
    """
    if not 1 <= count <= of:
        raise InputError(f'{count} labeled frames are wanted, but 1 ... {of} are there')
    return [i * of // count for i in range(count)]


def number_of_frames(dataset: ConfigDict) -> int:
    """The number of frames of a dataset, which is built without its pipeline."""
    return len(DATASETS.build(deepcopy(dataset) | dict(pipeline=[])))


def _wrapped(dataset: Any) -> Any:
    """The dataset that reads files: a wrapper, e.g. ``RareClassDataset``, has it inside."""
    return _wrapped(dataset.dataset) if 'dataset' in dataset else dataset


def _dataset(cfg: Config, name: str) -> Any:
    if name not in cfg:
        raise InputError(f'a row names the dataset {name!r}, which {cfg.filename} does not have')
    return deepcopy(cfg[name])
