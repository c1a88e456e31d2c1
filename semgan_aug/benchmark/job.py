"""One training of a table, in a process of its own: ``python -m semgan_aug.benchmark.job``.

Goes on from the newest checkpoint in its work dir, logs there, and writes its result last, so
that a result file means a finished job.
"""

import argparse
import fcntl
import json
import platform
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmseg.registry import DATASETS

import semgan_aug

from ..core.files import write_json
from ..core.launcher import launcher_has_died
from ..datasets.fixed_steps import fixed_steps
from ..engine.config import training_config
from ..engine.hooks import OrphanHook
from ..evaluation.label_consistency import load_segmenter
from ..offline.pseudo_labels import write_pseudo_labels
from ..translator.checkpoint import CheckpointError, latest_checkpoint
from .training_data import apply_training_data

NUM_PREDICTIONS = 8  # evaluation frames whose prediction is kept for pictures


def job_config(
    path: str,
    work_dir: str,
    seed: int,
    translator: str | None = None,
    options: dict | None = None,
    training_data: dict | None = None,
    labels_from: str | None = None,
) -> Config:
    """The config of a job: what its file says, with seed, work dir, checkpoint and hooks."""
    try:
        cfg = training_config(path, work_dir, resume=True, options=options)
    except CheckpointError as error:  # killed while it saved its very first one
        warnings.warn(f'{error}; starting from the beginning', stacklevel=1)
        cfg = training_config(path, work_dir, options=options)
    cfg.randomness = dict(seed=seed)
    if training_data:
        apply_training_data(cfg, training_data, translator)
    if labels_from:
        use_pseudo_labels(cfg, json.loads(Path(labels_from).read_text()), Path(work_dir))
    # Evaluation comes after training, once.
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
    """Lets a translator train on all target frames, labeled by a row's segmenter.

    Args:
        cfg: of the translator.
        labeller: what the row's job wrote.
        work_dir: the labels are written below it, once.
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


def hardware() -> str:
    """The processor that trains, in words."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    info = Path('/proc/cpuinfo')
    names = [x for x in info.read_text().splitlines() if 'model name' in x] if info.exists() else []
    name = names[0].partition(':')[2].strip() if names else platform.processor()
    return f'{name}, {torch.get_num_threads()} thread(s)'


def commit() -> str:
    """The commit that the code was run at, with '+' where files differ from it."""
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
    """Holds a job's folder for as long as this process lives, or ends the process."""
    Path(work_dir).mkdir(parents=True, exist_ok=True)
    with open(Path(work_dir) / 'lock', 'w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f'another process is at work in {work_dir}; wait for it, or stop it')
        except OSError:  # a file system that has no locks
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
    """Trains, evaluates if the config has an evaluator, keeps predictions, writes the result."""
    cfg = job_config(config, work_dir, seed, **changes)
    runner = Runner.from_cfg(cfg)
    # Not in the config, whose text is kept: a process id says nothing of the training.
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
            # A class that no evaluation label shows is null: JSON knows no NaN.
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
    for i, data in enumerate(runner.val_dataloader):
        if i == NUM_PREDICTIONS:
            break
        with torch.no_grad():
            sample = runner.model.val_step(data)[0]
        for name in ('gt_sem_seg', 'pred_sem_seg'):
            ids = getattr(sample, name).data[0].cpu().numpy().astype('uint8')
            cv2.imwrite(str(folder / f'{i}-{name}.png'), ids)
        cv2.imwrite(str(folder / f'{i}-image.png'), cv2.imread(sample.img_path))


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config')
    parser.add_argument('--work-dir', required=True)
    parser.add_argument('--result', required=True)
    parser.add_argument('--seed', type=int, required=True)
    parser.add_argument('--translator', help='checkpoint that the training_data wants')
    parser.add_argument('--options', type=json.loads, help='JSON, changes of the config')
    parser.add_argument('--labels-from', help='result of the row that labels target frames')
    parser.add_argument('--training-data', type=json.loads, help='JSON, see apply_training_data')
    parser.add_argument('--config-digest', help='kept with the result, see Job.is_stale')
    parser.add_argument('--parent', type=int, help='process that this one ends with')
    args = vars(parser.parse_args())
    if args['parent'] and launcher_has_died(args['parent']):
        sys.exit('the process that started this job is gone')
    with alone_in(args['work_dir']):
        run(**args)
