"""The transforms of a table's rows, applied to single frames: for the page and for measuring."""

import os
import sys

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import TRANSFORMS

from ..core.errors import InputError
from ..evaluation.label_consistency import label_consistency
from ..evaluation.segmenter import load_segmenter
from .scheduler import Job
from .suite import Suite
from .training_data import fixed_frames, restyle_step

NUM_FRAMES = 20  # source frames that label consistency is measured on


class RowTransform:
    """The transform of a row as a translator of single frames.

    Args:
        cfg: config of the suite's segmenter.
        job: the finished job of the row.
    """

    def __init__(self, cfg: Config, job: Job) -> None:
        ckpt = job.waits_for.checkpoint if job.waits_for else None
        step = restyle_step(cfg, job.training.training_data, ckpt)
        step.pop('prob', None)  # every frame is translated here
        self.step = TRANSFORMS.build(step)

    def translate(
        self, image: np.ndarray, ids: np.ndarray, style: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Translates a frame as in the training of the row's segmenter.

        Args:
            image: (H, W, 3) uint8, BGR.
            ids: (H, W) uint8, class ids and 255.
            style: the same number chooses the same target frame.

        Returns:
            Image and ids of the same shapes.
        """
        state = np.random.get_state()
        np.random.seed(style)
        sample = self.step(dict(img=image.copy(), gt_seg_map=ids.copy()))
        np.random.set_state(state)
        return sample['img'], sample['gt_seg_map']


def segmenter_config(suite: Suite, seed: int) -> Config:
    """The config of the suite's segmenter, with the frames of a seed."""
    os.environ['MINISTREETS_SEED'] = str(seed)  # as the jobs had it
    init_default_scope('mmseg')
    return Config.fromfile(suite.rows['source_only'].path)


def row_transforms_of(cfg: Config, jobs: list[Job], seed: int) -> dict[str, RowTransform]:
    """The transform of every finished row of a seed that restyles frames and mixes in none.

    Rows whose translator is gone are left out; stderr names them.
    """
    found = {}
    for job in jobs:
        training_data = job.training.training_data
        restyles = 'restyle' in training_data and 'mix' not in training_data
        if job.row and job.seed == seed and job.result() and restyles:
            try:
                found[job.name] = RowTransform(cfg, job)
            except (InputError, OSError) as error:
                report_left_out(f'frames translated by {job.name}', error)
    return found


def report_left_out(what: str, reason: object) -> None:
    """Prints on stderr what the page goes without, and why."""
    print(f'Left out of the page: {what}: {reason}', file=sys.stderr)


def measure_consistency(
    cfg: Config, transforms: dict[str, RowTransform], oracle: Job | None
) -> dict[str, dict]:
    """Label consistency of source only and of each row transform, judged by the oracle.

    Args:
        cfg: config of the suite's segmenter.
        transforms: row to its transform.
        oracle: the finished job of the row 'oracle'; without it nothing is measured.

    Returns:
        Row to :func:`label_consistency.label_consistency`.
    """
    result = oracle and oracle.result()
    if not result:
        return {}
    try:
        segmenter = load_segmenter(result['text'], result['checkpoint'])
    except (InputError, OSError) as error:
        report_left_out('label consistency', error)
        return {}
    frames = [(s['img'], s['gt_seg_map']) for s in fixed_frames(cfg, 'source', NUM_FRAMES)]
    classes = [k.removeprefix('IoU.') for k in result['metrics'] if k.startswith('IoU.')]
    measured: dict[str, RowTransform | None] = {'source_only': None, **transforms}
    return {
        row: label_consistency(transform, segmenter, classes, frames)
        for row, transform in measured.items()
    }
