"""A dataset wrapper that joins two mmseg datasets to an unpaired dataset."""

from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset, ConcatDataset
from mmseg.registry import DATASETS
from torch.utils.data import Dataset

from ..core.encoding import check_ids
from ..core.errors import InputError, found_no_frames
from ..core.pair_checks import require_pair
from .fixed_steps import fixed_steps
from .pseudo_labels import PseudoLabelDataset
from .reading import reading
from .sampler import SampleIndex, random_numbers_of


@DATASETS.register_module()
class UnpairedDataset(Dataset):
    """Pairs each source sample with a random target sample.

    Source and target can be any mmseg datasets with the same classes. Each has its own pipeline,
    which ends in ``PackSegInputs``, so image and label of one domain are cropped and flipped
    together. With :class:`SeededInfiniteSampler`, the partner, the crop and all other random
    numbers of a sample depend only on its place in the stream. With other samplers, they come from
    NumPy's global generator, which mmengine seeds per rank and worker.

    Args:
        source: config of the source dataset; it determines the length and the order.
        target: config of the target dataset.

    Raises:
        InputError: at construction: a domain is empty, or the classes or their order differ. When
            a sample is loaded: a file cannot be read, or a label holds ids outside the classes.

    Example:
        >>> names = ('LoadImageFromFile', 'LoadAnnotations', 'PackSegInputs')
        >>> frames = dict(type='MiniStreetsDataset', pipeline=[dict(type=name) for name in names])
        >>> dataset = UnpairedDataset(
        ...     source=dict(domain='game', num_frames=3, **frames),
        ...     target=dict(domain='camera', num_frames=2, **frames),
        ... )
        >>> sample = dataset[0]
        >>> len(dataset), sorted(sample['inputs']), sample['inputs']['source'].shape
        (3, ['source', 'target'], torch.Size([3, 96, 160]))
    """

    def __init__(self, source: dict, target: dict) -> None:
        self.domains = {}
        for name, cfg in (('source', source), ('target', target)):
            try:
                dataset = DATASETS.build(cfg) if isinstance(cfg, dict) else cfg
                empty = len(dataset) == 0
            except ValueError as error:
                if not found_no_frames(error):
                    raise
                empty = True
            if empty:
                raise InputError(
                    f'the {name} domain is empty: its dataset found no frames; check data_root, '
                    f'data_prefix and ann_file of {cfg}'
                )
            self.domains[name] = dataset
        classes = {name: d.metainfo['classes'] for name, d in self.domains.items()}
        if list(classes['source']) != list(classes['target']):
            raise InputError(
                f'source and target must have the same classes in the same order, but the source '
                f'has {list(classes["source"])} and the target {list(classes["target"])}; choose '
                'the same class_set (or metainfo) for both'
            )

    @property
    def metainfo(self) -> dict:
        """Classes and palette, the same in both domains (the source's palette)."""
        return self.domains['source'].metainfo

    def full_init(self) -> None:
        for dataset in self.domains.values():
            dataset.full_init()

    def __len__(self) -> int:
        return len(self.domains['source'])

    def __getitem__(self, index: int) -> dict:
        """Loads a source sample and a random target sample.

        Returns:
            ``dict(inputs=dict(source, target), data_samples=dict(source, target))``, each from
            ``PackSegInputs``: uint8 (3, H, W) and a SegDataSample.
        """
        with random_numbers_of(index):
            partner = np.random.randint(len(self.domains['target']))
            packed = {
                'source': self._sample('source', index),
                'target': self._sample('target', partner),
            }
        num_classes = len(self.metainfo['classes'])
        for sample in packed.values():
            info = sample['data_samples']
            check_ids(info.gt_sem_seg.data, num_classes, f'the label of {info.img_path}')
        return {
            key: {domain: sample[key] for domain, sample in packed.items()}
            for key in ('inputs', 'data_samples')
        }

    def whole_frames(self, domain: str, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Up to ``count`` evenly spaced frames, before the first random step of the pipeline.

        The steps that :func:`fixed_steps` takes for not random are applied. The generators are
        seeded meanwhile, so a random step that it does not know gives the same result on every rank
        and in every run.

        Args:
            domain: ``'source'`` or ``'target'``.
            count: 1 or more.

        Returns:
            Images (BGR uint8 (H, W, 3)) with their class maps (uint8 (H, W)).

        Raises:
            InputError: a frame cannot be read, has no label, or holds ids outside the classes; or
                image and label do not fit each other.
        """
        dataset = self.domains[domain]
        count = min(count, len(dataset))
        frames = []
        for i in range(count):
            with random_numbers_of(SampleIndex(i)):
                results = _before_random(dataset, i * len(dataset) // count)
            require_pair(results, f'the {domain} domain')
            ids = results['gt_seg_map']
            check_ids(ids, len(self.metainfo['classes']), f'the label of {results["img_path"]}')
            frames.append((results['img'], ids))
        return frames

    def _sample(self, domain: str, index: int) -> dict:
        dataset = self.domains[domain]
        with reading(dataset.get_data_info(index)):
            return dataset[index]


def _before_random(dataset: Any, index: int) -> dict:
    """Loads a frame up to the first random step, from a dataset or the dataset in a wrapper."""
    if isinstance(dataset, ConcatDataset):
        part, index = dataset._get_ori_dataset_idx(index)
        return _before_random(dataset.datasets[part], index)
    if not isinstance(dataset, (BaseDataset, PseudoLabelDataset)):
        return _before_random(dataset.dataset, index % len(dataset.dataset))
    results = dataset.get_data_info(index)
    with reading(dict(results)):
        for step in fixed_steps(dataset.pipeline.transforms):
            results = step(results)
    return results
