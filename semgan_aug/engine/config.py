"""Reads a training config: file, overrides, work dir, checkpoint to go on from."""

from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..translator.checkpoint import latest_checkpoint, read_checkpoint


def training_config(
    path: str | Path,
    work_dir: str | None = None,
    resume: bool = False,
    options: dict | None = None,
) -> Config:
    """A config with its work dir and, for resuming, the checkpoint to go on from.

    mmengine loads checkpoints in a way that may run code in them. Each file that it is going to
    load is therefore read as data first, and refused if it holds more.

    Dataloaders without workers lose ``persistent_workers``, which torch allows for workers only:
    so ``num_workers=0`` alone turns the workers of a config off.

    Args:
        path: config file.
        work_dir: default ``work_dirs/<name of the config>``, unless the config names one.
        resume: go on from the newest readable checkpoint in the work dir, if there is one.
            ``resume=True`` in the config does the same.
        options: overrides, dotted keys as in ``--cfg-options``.

    Raises:
        FileNotFoundError: there is no such config.
        CheckpointError: a checkpoint that is to be loaded cannot be read as data.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'there is no config at {path}; see mmseg_configs/ for ours')
    cfg = Config.fromfile(path)
    cfg.merge_from_dict(options or {})
    if work_dir or not cfg.get('work_dir'):
        cfg.work_dir = work_dir or str(Path('work_dirs') / Path(path).stem)
    if resume or (cfg.get('resume') and not cfg.get('load_from')):
        newest = latest_checkpoint(cfg.work_dir)
        cfg.resume, cfg.load_from = newest is not None, newest and str(newest)
    elif cfg.get('load_from'):
        read_checkpoint(cfg.load_from)
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        loader = cfg.get(name)
        if isinstance(loader, dict) and loader.get('num_workers') == 0:
            loader.pop('persistent_workers', None)
    for pretrained in find_dicts(cfg, 'Pretrained'):
        if '://' not in pretrained['checkpoint']:  # a file, not an address
            read_checkpoint(pretrained['checkpoint'])
    return cfg


def find_dicts(node: Any, kind: str) -> list[Any]:
    """Every ``dict(type=kind)`` anywhere in a config, as it is there: a change changes the config.

    Example:
        >>> find_dicts(dict(model=dict(init_cfg=dict(type='Pretrained'))), 'Pretrained')
        [{'type': 'Pretrained'}]
    """
    if isinstance(node, (Config, dict)):
        found = [node] if node.get('type') == kind else []
        return found + [f for value in node.values() for f in find_dicts(value, kind)]
    if isinstance(node, (list, tuple)):
        return [f for value in node for f in find_dicts(value, kind)]
    return []
