"""What a row of a table trains its segmenter on, as a change of the segmenter's config."""

from copy import deepcopy

from mmengine.config import Config, ConfigDict
from mmseg.registry import DATASETS

from ..datasets.fixed_steps import fixed_steps

KEYS = ('train', 'restyle', 'mix', 'labels')


def apply_training_data(cfg: Config, training_data: dict, ckpt: str | None = None) -> None:
    """Changes a segmenter's training data as a row says.

    Args:
        cfg: with datasets ``source``, ``target_few`` and ``target_all`` beside the usual entries.
        training_data: any of ``train`` (name of the dataset to train on, 'source' by default),
            ``restyle`` (a transform that gives those frames another look; ``target='target_few'``
            in it names a
            dataset, ``translator`` one of the suite), ``mix`` (name of the dataset whose frames
            are mixed in, as often as the others) and ``labels`` (how many frames of that one).
        ckpt: the translator's checkpoint.

    Raises:
        ValueError: an unknown entry, or a dataset that the config does not have.
    """
    unknown = set(training_data) - set(KEYS)
    if unknown:
        raise ValueError(f'a row has the entries {sorted(unknown)}, but {KEYS} are allowed')
    dataset = _dataset(cfg, training_data.get('train', 'source'))
    if 'restyle' in training_data:
        fixed = fixed_steps(dataset.pipeline)
        step = restyle_step(cfg, training_data, ckpt)
        dataset.pipeline = [*fixed, step, *dataset.pipeline[len(fixed) :]]
    if 'mix' in training_data:
        few = _dataset(cfg, training_data['mix'])
        sizes = [number_of_frames(d) for d in (dataset, few)]
        if 'labels' in training_data:
            chosen = spread(training_data['labels'], sizes[1])
            # Of the few, which may be chosen from a larger dataset themselves.
            listed = few.get('indices')
            if isinstance(listed, (list, tuple)):
                chosen = [listed[i] for i in chosen]
            few.indices = chosen
            sizes[1] = len(chosen)
        # Whole repeats: as often as the others, but for rounding.
        times = [max(1, round(max(sizes) / size)) for size in sizes]
        both = [
            dict(type='RepeatDataset', times=t, dataset=d) if t > 1 else d
            for t, d in zip(times, (dataset, few))
        ]
        dataset = dict(type='ConcatDataset', datasets=both)
    cfg.train_dataloader.dataset = dataset


def restyle_step(cfg: Config, training_data: dict, ckpt: str | None = None) -> ConfigDict:
    """The transform of a training_data that gives source frames another look."""
    step = ConfigDict(deepcopy(training_data['restyle']))
    if step.pop('translator', None) is not None:
        step.ckpt = ckpt
    if 'target' in step:
        step.target = _dataset(cfg, step.target)
        step.target.pipeline = fixed_steps(step.target.pipeline)
    return step


def fixed_frames(cfg: Config, name: str, count: int) -> list[dict]:
    """``count`` samples, evenly spread, of a dataset of the config, before anything random."""
    dataset = _dataset(cfg, name)
    dataset.pipeline = fixed_steps(dataset.pipeline)
    dataset = DATASETS.build(dataset)
    count = min(count, len(dataset))
    return [dataset[i] for i in spread(count, len(dataset))]


def spread(count: int, of: int) -> list[int]:
    """``count`` indices of ``of``, evenly spread."""
    if not 1 <= count <= of:
        raise ValueError(f'{count} labeled frames are wanted, but 1 ... {of} are there')
    return [i * of // count for i in range(count)]


def number_of_frames(dataset: ConfigDict) -> int:
    """How many frames a dataset has; it is built for that, without its pipeline."""
    return len(DATASETS.build(deepcopy(dataset) | dict(pipeline=[])))


def _dataset(cfg: Config, name: str) -> ConfigDict:
    if name not in cfg:
        raise ValueError(f'a row names the dataset {name!r}, which {cfg.filename} does not have')
    return deepcopy(cfg[name])
