"""Trains one row or translator of a suite: ``python -m semgan_aug.benchmark.job``.

A job runs in a process of its own. It continues from the newest checkpoint in its work dir, and
writes its result last, so a result file means a finished job. Jobs run on Linux and macOS, where
``fcntl`` locks the work dir.
"""

import argparse
import fcntl
import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmseg.registry import DATASETS

import semgan_aug

from ..core.files import write_json
from ..core.launcher import launcher_has_died
from ..datasets.fixed_steps import fixed_steps
from ..engine.config import training_config
from ..engine.hooks import OrphanHook
from ..evaluation.segmenter import load_segmenter
from ..offline.pseudo_labels import write_pseudo_labels
from ..translator.checkpoint import CheckpointError, latest_checkpoint
from .speed.machine import hardware
from .training_data import apply_training_data

NUM_PREDICTIONS = 8  # evaluation frames whose prediction is kept for the page


def job_config(
    path: str,
    work_dir: str,
    seed: int,
    translator: str | None = None,
    options: dict | None = None,
    training_data: dict | None = None,
    labels_from: str | None = None,
) -> Config:
    """The config of a job: its config file with seed, work dir, training data and hooks.

    Args:
        path: config of the training.
        work_dir: work dir, whose newest checkpoint is resumed.
        seed: seed of the training.
        translator: checkpoint of the translator that the training data need.
        options: changes of the config, dotted keys as in ``--cfg-options``.
        training_data: see :func:`training_data.apply_training_data`.
        labels_from: result of the row whose segmenter labels the target frames.

    Raises:
        InputError: the training data name something that the config does not have.
    """
    try:
        cfg = training_config(path, work_dir, resume=True, options=options)
    except CheckpointError as error:  # the process was killed while it saved its first checkpoint
        warnings.warn(f'{error}; starting from the beginning', stacklevel=1)
        cfg = training_config(path, work_dir, options=options)
    cfg.randomness = dict(seed=seed)
    if training_data:
        apply_training_data(cfg, training_data, translator)
    if labels_from:
        use_pseudo_labels(cfg, json.loads(Path(labels_from).read_text()), Path(work_dir))
    # One evaluation, after training.
    cfg.train_cfg.val_begin = cfg.train_cfg.max_iters + 1
    own = [
        dict(type='PlainCheckpointHook'),
        dict(type='ProgressHook', file=str(Path(work_dir) / 'progress.json')),
    ]
    types = [hook['type'] for hook in own]
    hooks = [hook for hook in cfg.get('custom_hooks', []) if hook['type'] not in types]
    cfg.custom_hooks = [*hooks, *own]
    return cfg


def use_pseudo_labels(cfg: Config, labeller: dict, work_dir: Path) -> None:
    """Makes a translator train on all target frames, with a segmenter's predictions as labels.

    Args:
        cfg: config of the translator; changed in place.
        labeller: result of the row whose segmenter labels the frames.
        work_dir: the labels are written into it, once.
    """
    init_default_scope('mmseg')
    frames = Config.fromstring(labeller['text'], '.py').target_all
    folder, done = work_dir / 'pseudo_labels', work_dir / 'pseudo_labels_kept.json'
    if not done.exists():
        segmenter = load_segmenter(labeller['text'], labeller['checkpoint'])
        dataset = DATASETS.build(frames | dict(pipeline=fixed_steps(frames.pipeline)))
        write_json(done, write_pseudo_labels(segmenter, dataset, folder))
    domains = cfg.train_dataloader.dataset
    frames = frames | dict(pipeline=domains.target.pipeline)
    domains.target = dict(type='PseudoLabelDataset', dataset=frames, folder=str(folder))


def commit() -> str:
    """The short hash of the commit that runs, with '+' if tracked files differ from it."""
    git = ['git', '-C', str(Path(__file__).parent)]
    try:
        head = subprocess.run(
            [*git, 'rev-parse', '--short', 'HEAD'], capture_output=True, text=True
        )
        dirty = subprocess.run(
            [*git, 'status', '--porcelain', '-uno'], capture_output=True, text=True
        )
    except OSError:
        return 'unknown'
    return (head.stdout.strip() or 'unknown') + ('+' if dirty.stdout.strip() else '')


@contextmanager
def alone_in(work_dir: str) -> Iterator[None]:
    """Locks a job's folder; ends the process if another one holds the lock."""
    Path(work_dir).mkdir(parents=True, exist_ok=True)
    with open(Path(work_dir) / 'lock', 'w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f'another process works in {work_dir}; wait for it, or stop it')
        except OSError:  # a file system without locks
            pass
        yield


def run(
    config: str,
    work_dir: str,
    result: str,
    seed: int,
    config_digest: str | None = None,
    parent: int | None = None,
    **changes,
) -> None:
    """Trains, evaluates if the config has a validation loader, and writes the result.

    Args:
        config: path of the training's config.
        work_dir: folder of checkpoints, log and predictions.
        result: JSON file to write.
        seed: seed of the training.
        config_digest: digest for the result, see :meth:`scheduler.Job.is_stale`.
        parent: process id; the training stops when this process has died.
        **changes: arguments of :func:`job_config`.
    """
    cfg = job_config(config, work_dir, seed, **changes)
    runner = Runner.from_cfg(cfg)
    # Not in the config, whose text is kept: a process id does not describe the training.
    runner.register_hook(OrphanHook(parent))
    runner.train()
    metrics = {}
    if cfg.get('val_dataloader'):
        metrics = runner.val()
        _keep_predictions(runner, Path(work_dir) / 'predictions')
    progress = json.loads((Path(work_dir) / 'progress.json').read_text())
    write_json(
        Path(result),
        dict(
            config=Path(config).stem,
            seed=seed,
            config_digest=config_digest,
            # A class that no evaluation label shows is null: JSON has no NaN.
            metrics={k: float(v) if np.isfinite(v) else None for k, v in metrics.items()},
            seconds=progress['seconds'],
            hardware=hardware(),
            commit=commit(),
            versions=dict(semgan_aug=semgan_aug.__version__, torch=torch.__version__),
            checkpoint=str(latest_checkpoint(work_dir)),
            text=cfg.pretty_text,
        ),
        sync=True,
    )


def _keep_predictions(runner: Runner, folder: Path) -> None:
    """Writes image, ground truth and prediction of the first evaluation frames as PNG."""
    folder.mkdir(exist_ok=True)
    model = cast(BaseModel, runner.model)
    for i, data in enumerate(runner.val_dataloader):
        if i == NUM_PREDICTIONS:
            break
        with torch.no_grad():
            sample = model.val_step(data)[0]
        for name in ('gt_sem_seg', 'pred_sem_seg'):
            ids = getattr(sample, name).data[0].cpu().numpy().astype('uint8')
            cv2.imwrite(str(folder / f'{i}-{name}.png'), ids)
        image = np.asarray(cv2.imread(sample.img_path))
        cv2.imwrite(str(folder / f'{i}-image.png'), image)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config')
    parser.add_argument('--work-dir', required=True)
    parser.add_argument('--result', required=True)
    parser.add_argument('--seed', type=int, required=True)
    parser.add_argument('--translator', help='checkpoint that the training data need')
    parser.add_argument('--options', type=json.loads, help='changes of the config, as JSON')
    parser.add_argument(
        '--labels-from', help='result of the row whose segmenter labels the target frames'
    )
    parser.add_argument('--training-data', type=json.loads, help='see apply_training_data, as JSON')
    parser.add_argument('--config-digest', help='is written into the result, see Job.is_stale')
    parser.add_argument(
        '--parent', type=int, help='process id; the job stops when that process has died'
    )
    args = vars(parser.parse_args())
    if args['parent'] and launcher_has_died(args['parent']):
        sys.exit('the process that started this job is gone')
    with alone_in(args['work_dir']):
        run(**args)
