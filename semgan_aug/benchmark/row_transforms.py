"""What the rows of a table make of a frame, to look at and to measure."""

import os
import sys

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import TRANSFORMS

from ..core.errors import InputError
from ..evaluation.label_consistency import label_consistency, load_segmenter
from .scheduler import Job
from .suite import Suite
from .training_data import fixed_frames, restyle_step

FRAMES = 20  # on which label consistency is measured


class RowTransform:
    """A row's transform as a translator.

    Args:
        cfg: of the row's segmenter.
        job: of the row.
    """

    def __init__(self, cfg: Config, job: Job) -> None:
        ckpt = job.waits_for and job.waits_for.result()['checkpoint']
        step = restyle_step(cfg, job.training.training_data, ckpt)
        step.pop('prob', None)  # here every frame is
        self.step = TRANSFORMS.build(step)

    def translate(self, image: np.ndarray, ids: np.ndarray, style: int) -> tuple:
        """The frame as the row's segmenter sees it; the same number, the same target frame."""
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
    """Every finished row of a seed that changes frames, and mixes in none.

    Rows whose translator is gone are left out, by name.
    """
    found = {}
    for job in jobs:
        training_data = job.training.training_data
        changes = 'restyle' in training_data and 'mix' not in training_data
        if job.row and job.seed == seed and job.result() and changes:
            try:
                found[job.name] = RowTransform(cfg, job)
            except (InputError, OSError) as error:
                left_out(f'what {job.name} makes of frames', error)
    return found


def left_out(what: str, reason: object) -> None:
    """Says on the console what a page goes without."""
    print(f'Left out of the page: {what}: {reason}', file=sys.stderr)


def measure_consistency(
    cfg: Config, transforms: dict[str, RowTransform], oracle: Job | None
) -> dict[str, dict]:
    """Label consistency of each row transform, judged by the finished oracle; empty without one."""
    if oracle is None:
        return {}
    result = oracle.result()
    try:
        segmenter = load_segmenter(result['text'], result['checkpoint'])
    except (InputError, OSError) as error:
        left_out('how well labels still fit', error)
        return {}
    frames = [(s['img'], s['gt_seg_map']) for s in fixed_frames(cfg, 'source', FRAMES)]
    classes = [k.removeprefix('IoU.') for k in result['metrics'] if k.startswith('IoU.')]
    return {
        row: label_consistency(transform, segmenter, classes, frames)
        for row, transform in (dict(source_only=None) | transforms).items()
    }
