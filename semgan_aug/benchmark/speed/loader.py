"""The seconds that a worker of a data loader needs to read a pair of frames."""

import itertools

import cv2
from mmseg.registry import DATASETS

from .machine import measure

FULL_SIZE = (1052, 1914)  # (H, W) of a GTA5 frame


def loader_seconds(dataset: dict) -> float:
    """Median seconds of a pair in one worker; ``dataset`` is the config of an UnpairedDataset."""
    unpaired = DATASETS.build(dataset)
    index = itertools.count()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(0)  # as in the workers of a training
    seconds = measure(lambda: unpaired[next(index) % len(unpaired)])
    cv2.setNumThreads(threads)
    return seconds


def full_size_pairs(folder: str, crop_size: tuple[int, int]) -> dict:
    """Config of an UnpairedDataset of MiniStreets frames as large as GTA5's.

    Args:
        folder: gets the frames. A PNG pair has 1.0 bytes a pixel; GTA5's have 1.2.
        crop_size: (H, W) of the crops, after CycleGAN's transforms.
    """
    pipeline = [
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='CheckPair'),
        dict(type='Resize', scale=(1024, 1024), keep_ratio=True),
        dict(type='RandomCrop', crop_size=crop_size),
        dict(type='RandomFlip', prob=0.5),
        dict(type='PackSegInputs'),
    ]
    frames = dict(num_frames=1, size=FULL_SIZE, data_root=folder, pipeline=pipeline)
    source = dict(type='MiniStreetsDataset', domain='game', **frames)
    return dict(type='UnpairedDataset', source=source, target=dict(source, domain='camera'))
