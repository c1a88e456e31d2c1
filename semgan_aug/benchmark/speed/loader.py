"""How fast frames come from disk: what a worker needs for one pair of them."""

import tempfile
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from mmseg.registry import DATASETS

from .machine import seconds

FULL_SIZE = (1052, 1914)  # GTA5
NUM_CLASSES = 20


def write_frames(
    folder: Path,
    count: int = 2,
    size: tuple[int, int] = FULL_SIZE,
    num_classes: int = NUM_CLASSES,
) -> None:
    """PNG pairs that compress as GTA5's do: 1.2 bytes a pixel."""
    rng = np.random.default_rng(0)
    for name in ('images', 'labels'):
        (folder / name).mkdir()
    for i in range(count):
        coarse = rng.integers(0, num_classes, (size[0] // 64 + 1, size[1] // 64 + 1))
        ids = np.kron(coarse, np.ones((64, 64), np.uint8))[: size[0], : size[1]]
        noise = rng.normal(0, 1.5, (*size, 3))
        image = np.clip(ids[..., None] * 10 + 30 + noise, 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / 'images' / f'{i}.png'), image)
        cv2.imwrite(str(folder / 'labels' / f'{i}.png'), ids.astype(np.uint8))


def folder_dataset(folder: Path, classes: list[str], pipeline: list[dict]) -> dict:
    """Config of a plain mmseg dataset over what :func:`write_frames` wrote."""
    return dict(
        type='BaseSegDataset',
        data_root=str(folder),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        img_suffix='.png',
        seg_map_suffix='.png',
        metainfo=dict(classes=classes, palette=[[k] * 3 for k in range(len(classes))]),
        pipeline=pipeline,
    )


def frames_dataset(folder: Path, crop_size: tuple[int, int]) -> dict:
    """Config of an unpaired dataset over such frames, with CycleGAN's GTA5 training_data."""
    domain = folder_dataset(
        folder,
        [str(k) for k in range(NUM_CLASSES)],
        [
            dict(type='LoadImageFromFile'),
            dict(type='LoadAnnotations'),
            dict(type='CheckPair'),
            dict(type='Resize', scale=(1024, 1024), keep_ratio=True),
            dict(type='RandomCrop', crop_size=crop_size),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackSegInputs'),
        ],
    )
    return dict(type='UnpairedDataset', source=domain, target=domain)


def loader_speed(dataset: dict | None, crop_size: tuple[int, int], samples: int = 12) -> dict:
    """Seconds that one worker needs for a pair of frames, and for decoding alone.

    Args:
        dataset: config of an UnpairedDataset; None draws frames of GTA5's size and takes CycleGAN's
            GTA5 training_data.
        crop_size: (H, W) of the crops then.
        samples: how many are measured; medians.

    Returns:
        ``seconds_per_pair``, ``decode_seconds_per_pair`` and ``frames``, in words.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(0)  # as in the workers of a training
    with tempfile.TemporaryDirectory() as folder:
        frames = 'of the config'
        if dataset is None:
            frames = f'PNG, {FULL_SIZE[1]} x {FULL_SIZE[0]}'
            write_frames(Path(folder))
            dataset = frames_dataset(Path(folder), crop_size)
        unpaired = DATASETS.build(dataset)

        def decode(index: int) -> None:
            for domain in unpaired.domains.values():
                sample = domain.get_data_info(index % len(domain))
                for transform in domain.pipeline.transforms:
                    if type(transform).__name__.startswith('Load'):
                        sample = transform(sample)

        whole = [seconds(lambda i=i: unpaired[i % len(unpaired)]) for i in range(samples + 1)][1:]
        alone = [seconds(lambda i=i: decode(i)) for i in range(samples + 1)][1:]
    cv2.setNumThreads(threads)
    return dict(
        seconds_per_pair=round(median(whole), 5),
        decode_seconds_per_pair=round(median(alone), 5),
        frames=frames,
    )
