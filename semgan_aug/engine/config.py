"""Reads a training config: file, overrides, work dir, checkpoint to resume."""

from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..core.errors import InputError
from ..translator.checkpoint import latest_checkpoint, read_checkpoint


def training_config(
    path: str | Path,
    work_dir: str | None = None,
    resume: bool = False,
    options: dict | None = None,
) -> Config:
    """Reads a config, and sets its work dir and the checkpoint to resume.

    mmengine may run code from a checkpoint when it loads one. Therefore each file that it will load
    is first read as data, and refused if it holds more than data.

    ``persistent_workers`` is removed from dataloaders without workers, because torch refuses it
    there. So ``num_workers=0`` alone turns off the workers of a config.

    Args:
        path: config file.
        work_dir: work dir; None is the one in the config, or ``work_dirs/<name of the config>``.
        resume: resume the newest readable checkpoint in the work dir, if there is one.
            ``resume=True`` in the config does the same.
        options: overrides with dotted keys, as in ``--cfg-options``.

    Raises:
        InputError: the config does not exist.
        CheckpointError: a checkpoint that will be loaded cannot be read as data.
    """
    if not Path(path).is_file():
        raise InputError(f'there is no config at {path}; see mmseg_configs/ for ours')
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
    """Finds every ``dict(type=kind)`` in a config; the results are parts of it, not copies.

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
