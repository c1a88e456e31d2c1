"""Pictures of a suite: frames as each row's segmenter sees them, and its predictions."""

import os
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS

from ..core.classes import IGNORE
from ..core.drawing import color_ids, grid
from ..core.errors import InputError
from ..translator.translator import load_translator
from .row_transforms import RowTransform, report_left_out
from .scheduler import Job
from .table import Table, title
from .training_data import fixed_frames

#: The pictures of one frame: captions and BGR uint8 images (H, W, 3).
Tiles = list[tuple[str, np.ndarray]]


def translation_tiles(
    transforms: dict[str, RowTransform], cfg: Config, count: int = 3
) -> list[Tiles]:
    """Source frames, what each row makes of them, and target frames.

    Args:
        transforms: row to its transform.
        cfg: config of the segmenter, whose frames are shown.
        count: source frames.
    """
    targets = fixed_frames(cfg, 'target_all', count)
    frames = []
    for number, sample in enumerate(fixed_frames(cfg, 'source', count)):
        image, ids = sample['img'], sample['gt_seg_map']
        made = [
            (title(row), transform.translate(image, ids, style=number)[0])
            for row, transform in transforms.items()
        ]
        frames.append(
            [('source', image), *made, ('a target frame', targets[number % len(targets)]['img'])]
        )
    return frames


def prediction_tiles(jobs: list[Job], palette: list, count: int = 3) -> list[Tiles]:
    """Evaluation frames, the ground truth, and the prediction of each row's segmenter.

    Rows whose predictions are gone are left out; stderr names them.

    Args:
        jobs: finished rows of one seed.
        palette: RGB of each class.
        count: evaluation frames.
    """
    kept = []
    for job in jobs:
        names = [
            (i, name) for i in range(count) for name in ('image', 'gt_sem_seg', 'pred_sem_seg')
        ]
        missing = [file for i, name in names if not (file := _file(job, i, name)).exists()]
        if missing:
            report_left_out(f'the predictions of {job.name}', f'there is no {missing[0]}')
        else:
            kept.append(job)
    return [
        [
            ('target frame', _read(kept[0], i, 'image')),
            ('ground truth', color_ids(_truth(kept[0], i), palette)),
            *((title(job.name), _prediction(job, i, palette)) for job in kept),
        ]
        for i in range(count if kept else 0)
    ]


def _file(job: Job, number: int, name: str) -> Path:
    return job.folder / 'predictions' / f'{number}-{name}.png'


def _read(job: Job, number: int, name: str, mode: int = cv2.IMREAD_COLOR) -> np.ndarray:
    image = cv2.imread(str(_file(job, number, name)), mode)
    if image is None:
        raise InputError(f'{_file(job, number, name)} is no image; delete it and its predictions')
    return image


def _truth(job: Job, number: int) -> np.ndarray:
    return _read(job, number, 'gt_sem_seg', cv2.IMREAD_GRAYSCALE)


def _prediction(job: Job, number: int, palette: list) -> np.ndarray:
    """A row's prediction in colors; pixels that the ground truth ignores are black."""
    ids = _read(job, number, 'pred_sem_seg', cv2.IMREAD_GRAYSCALE)
    shown = np.where(_truth(job, number) == IGNORE, IGNORE, ids).astype(np.uint8)
    return color_ids(shown, palette)


def write_panel(table: Table, jobs: list[Job], path: Path, num_frames: int = 3) -> None:
    """Draws what a translator does, and what the segmenters trained on it predict.

    Upper rows: source frame, its translation, the class map before and after, a target frame.
    Lower rows: evaluation frame, ground truth, and the predictions of three segmenters.

    Args:
        table: with the rows 'source_only', 'semgan' and 'oracle'.
        jobs: finished jobs of one seed.
        path: PNG to write.
        num_frames: source frames and evaluation frames shown.
    """
    by_name = {job.name: job for job in jobs}
    translator_job = by_name['translator_semgan']
    translator = load_translator(translator_job.checkpoint)
    palette = translator.palette
    upper = []
    frames = _training_frames(translator_job, num_frames)
    for style, (image, ids, target) in enumerate(frames):
        output, output_ids = translator.translate(image, ids, style=style)
        upper.append(
            [image, output, color_ids(ids, palette), color_ids(output_ids, palette), target]
        )
    compared = [by_name[name] for name in ('source_only', 'semgan', 'oracle')]
    lower = [
        [
            _read(compared[0], i, 'image'),
            color_ids(_truth(compared[0], i), palette),
            *(_prediction(job, i, palette) for job in compared),
        ]
        for i in range(num_frames)
    ]
    scale = max(1, 240 // upper[0][0].shape[1] + 1)
    rows = table.seed_rows(jobs[0].seed)
    captions = [
        'target frame',
        'ground truth',
        *(f'trained on {title(job.name)}: {rows[job.name]["mIoU"]:.1f}' for job in compared),
    ]
    pictures = [
        grid(upper, ['source', 'SemGAN', 'source labels', 'SemGAN labels', 'target'], scale),
        grid(lower, captions, scale),
    ]
    cv2.imwrite(str(path), np.concatenate(pictures))


def _training_frames(job: Job, count: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Whole source frames, their labels, and target frames, of a translator's training data."""
    os.environ['MINISTREETS_SEED'] = str(job.seed)  # as the job had it
    init_default_scope('mmseg')
    data = Config.fromfile(job.training.path).train_dataloader.dataset
    domains = []
    for cfg in (data.source, data.target):
        cfg.pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
        domains.append(DATASETS.build(cfg))
    source, target = ([d[i * len(d) // count] for i in range(count)] for d in domains)
    return [(a['img'], a['gt_seg_map'], b['img']) for a, b in zip(source, target)]
