"""Rare-class sampling: frames with rare classes are drawn more often."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from mmengine.dataset import BaseDataset
from mmseg.datasets.transforms import LoadAnnotations
from mmseg.registry import DATASETS

from ..core.checks import is_number, require, require_share, require_whole
from ..core.classes import CITYSCAPES19
from ..core.errors import InputError, user_message
from .prepare_gta5 import DAFORMER_SUFFIX
from .reading import reading


@DATASETS.register_module()
class RareClassDataset:
    """Any mmseg dataset whose samples are drawn by class, not by index.

    First a class c is drawn with probability softmax((1 - f_c) / temperature), where f_c is its
    share of all labeled pixels. Then a frame is drawn that has at least ``min_pixels`` pixels of
    the class. Then crops of that frame are tried until one has enough pixels of the class
    (equations 8 and 9 of DAFormer, arXiv 2111.14887, and its code). The wrapper suits the source of
    a segmenter and the source of :class:`UnpairedDataset`.

    Args:
        dataset: config of an mmseg dataset whose pipeline ends in ``PackSegInputs``.
        temperature: 1e-4 or more; higher values draw classes more uniformly. DAFormer uses 0.01.
        min_pixels: least number of pixels of the class in a frame, before any resizing. A class is
            skipped if no frame has this many pixels of it. DAFormer uses 3000 for GTA5.
        crop_share: share of ``min_pixels`` that the class should have in a sample; 0 takes the
            first crop. DAFormer uses 0.5.
        tries: greatest number of crops that are tried; the last one is taken in any case. DAFormer
            uses 10.
        stats: ``sample_class_stats.json`` as DAFormer and ``tools/prepare_gta5.py`` write it, for
            the 19 Cityscapes classes. Without it, labels are counted when the dataset is built.

    Raises:
        InputError: an argument is outside its range, ``stats`` does not fit the dataset, or no
            class has ``min_pixels`` pixels in any frame.

    Example:
        >>> pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
        >>> pipeline += [dict(type='RandomCrop', crop_size=(64, 64)), dict(type='PackSegInputs')]
        >>> frames = dict(type='MiniStreetsDataset', domain='game', num_frames=3, pipeline=pipeline)
        >>> dataset = RareClassDataset(frames, min_pixels=50)
        >>> len(dataset), dataset[0]['inputs'].shape
        (3, torch.Size([3, 64, 64]))
    """

    def __init__(
        self,
        dataset: dict | BaseDataset,
        temperature: float = 0.01,
        min_pixels: int = 3000,
        crop_share: float = 0.5,
        tries: int = 10,
        stats: str | None = None,
    ) -> None:
        owner = 'RareClassDataset'
        warm = is_number(temperature) and temperature >= 1e-4
        require(owner, 'temperature', temperature, '1e-4 or more', warm)
        require_whole(owner, 'min_pixels', min_pixels, 1)
        require_share(owner, 'crop_share', crop_share)
        require_whole(owner, 'tries', tries, 1)
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        self.least = crop_share * min_pixels
        self.tries = tries
        count = self._count_labels() if stats is None else self._read(Path(stats))
        self.frames_of = {
            c: np.flatnonzero(column >= min_pixels)
            for c, column in enumerate(count.T)
            if (column >= min_pixels).any()
        }
        if not self.frames_of:
            raise InputError(
                f'RareClassDataset: no class has {min_pixels} pixels in any of {len(count)} '
                'frames; lower min_pixels'
            )
        self.probabilities = class_probabilities(count, list(self.frames_of), temperature)

    @property
    def metainfo(self) -> dict:
        """Classes and palette of the wrapped dataset."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Finds the frames, if this has not been done yet."""
        self.dataset.full_init()

    def get_data_info(self, index: int) -> dict:
        """Data info of frame number ``index`` of the wrapped dataset."""
        return self.dataset.get_data_info(index)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> dict:
        """Draws a class and returns a sample that shows it; the index has no effect."""
        c = np.random.choice(list(self.frames_of), p=self.probabilities)
        frame = int(np.random.choice(self.frames_of[c]))
        with reading(self.dataset.get_data_info(frame)):
            for _ in range(self.tries):
                sample = self.dataset[frame]
                if (sample['data_samples'].gt_sem_seg.data == c).sum() >= self.least:
                    break
        return sample

    def _count_labels(self) -> np.ndarray:
        """Counts the pixels of each class in each frame: (frames, classes)."""
        num_classes = len(self.metainfo['classes'])
        load = LoadAnnotations()

        def count(i: int) -> np.ndarray:
            info = self.dataset.get_data_info(i)
            with reading({'seg_map_path': info.get('seg_map_path', 'a frame without a label')}):
                label = load.transform(info)['gt_seg_map']
            return np.bincount(label.ravel(), minlength=256)[:num_classes]

        with ThreadPoolExecutor(8) as pool:
            return np.array(list(pool.map(count, range(len(self)))))

    def _read(self, file: Path) -> np.ndarray:
        """Reads the pixels of each class in each frame from ``stats``: (frames, classes)."""
        classes = tuple(self.metainfo['classes'])
        if classes[:19] != CITYSCAPES19.classes:
            raise InputError(
                f'{file} counts the 19 classes of Cityscapes, but the dataset has {classes}; leave '
                'stats out, and labels are counted'
            )
        try:
            read = json.loads(file.read_text())
            entries: dict[str, dict[int, int]] = {}
            for entry in read:
                name = Path(entry['file']).name
                if name in entries:
                    raise ValueError(f'{name} is in it twice')
                entries[name] = {int(k): n for k, n in entry.items() if k != 'file'}
                for k, n in entries[name].items():
                    if not (0 <= k < 19 and isinstance(n, int) and 0 <= n < 2**40):
                        raise ValueError(f'{name} has {n!r} pixels of class {k}')
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(
                f'{file} is no sample_class_stats.json of DAFormer ({user_message(error)}); write '
                'one with tools/prepare_gta5.py, or leave stats out'
            ) from None
        count = np.zeros((len(self), len(classes)), np.int64)
        for i in range(len(self)):
            label = Path(self.dataset.get_data_info(i).get('seg_map_path', 'a frame without label'))
            entry = entries.get(label.stem + DAFORMER_SUFFIX)
            if entry is None:
                raise InputError(f'{file} says nothing about {label}; run tools/prepare_gta5.py')
            for train_id, pixels in entry.items():
                count[i, train_id] = pixels
        return count


def class_probabilities(count: np.ndarray, drawn: list[int], temperature: float) -> np.ndarray:
    """Probability with which each class is drawn: softmax((1 - f_c) / temperature).

    Args:
        count: number of pixels, (frames, classes).
        drawn: the classes that can be drawn. The shares f_c refer to the pixels of all classes.
        temperature: above 0.

    Returns:
        One probability per class in ``drawn``; they sum to 1.

    Example:
        >>> class_probabilities(np.array([[75, 25]]), drawn=[0, 1], temperature=0.5).round(2)
        array([0.27, 0.73])
    """
    rarity = (1 - count.sum(0) / count.sum())[drawn] / temperature
    weight = np.exp(rarity - rarity.max())
    return weight / weight.sum()
