"""The speed of reading frames from disk: the seconds that a loader's worker needs for a pair."""

import itertools
import tempfile
from pathlib import Path

import cv2
import numpy as np
from mmseg.registry import DATASETS

from .machine import measure

FULL_SIZE = (1052, 1914)  # (H, W) of a GTA5 frame
NUM_CLASSES = 20


def write_frames(
    folder: Path,
    count: int = 2,
    size: tuple[int, int] = FULL_SIZE,
    num_classes: int = NUM_CLASSES,
) -> None:
    """Writes PNG pairs that compress as GTA5's do: 1.2 bytes a pixel.

    Args:
        folder: gets the folders ``images`` and ``labels``.
        count: pairs.
        size: (H, W).
        num_classes: ids are below it.
    """
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
    """Config of a plain mmseg dataset over the frames of :func:`write_frames`."""
    return dict(
        type='BaseSegDataset',
        data_root=str(folder),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        img_suffix='.png',
        seg_map_suffix='.png',
        metainfo=dict(classes=classes, palette=[[k] * 3 for k in range(len(classes))]),
        pipeline=pipeline,
    )


def loader_speed(
    dataset: dict | None,
    crop_size: tuple[int, int],
    frame_size: tuple[int, int] = FULL_SIZE,
    min_run_time: float = 1.0,
) -> dict:
    """Seconds that one worker needs for a pair of frames, and for decoding alone.

    Args:
        dataset: config of an UnpairedDataset; None draws frames and takes CycleGAN's transforms.
        crop_size: (H, W) of the crops of drawn frames.
        frame_size: (H, W) of drawn frames.
        min_run_time: seconds of each measurement at least.

    Returns:
        ``seconds_per_pair``, ``decode_seconds_per_pair`` and ``frames``, in words.
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
    threads = cv2.getNumThreads()
    cv2.setNumThreads(0)  # as in the workers of a training
    with tempfile.TemporaryDirectory() as folder:
        frames = 'of the config'
        if dataset is None:
            frames = f'PNG, {frame_size[1]} x {frame_size[0]}'
            write_frames(Path(folder), size=frame_size)
            domain = folder_dataset(Path(folder), [str(k) for k in range(NUM_CLASSES)], pipeline)
            dataset = dict(type='UnpairedDataset', source=domain, target=domain)
        unpaired = DATASETS.build(dataset)
        index = itertools.count()

        def decode() -> None:
            number = next(index)
            for domain in unpaired.domains.values():
                sample = domain.get_data_info(number % len(domain))
                for transform in domain.pipeline.transforms:
                    if type(transform).__name__.startswith('Load'):
                        sample = transform(sample)

        whole = measure(lambda: unpaired[next(index) % len(unpaired)], min_run_time).median
        alone = measure(decode, min_run_time).median
    cv2.setNumThreads(threads)
    return dict(
        seconds_per_pair=round(whole, 5),
        decode_seconds_per_pair=round(alone, 5),
        frames=frames,
    )
