"""Trains a translator from a config, with the options of mmseg's tools/train.py."""

import argparse
import os

import semgan_aug  # noqa: F401  # isort: skip  (first: it reads the parent process id)
import torch
from mmengine.config import Config, DictAction
from mmengine.runner import Runner
from mmseg.registry import MODELS

from semgan_aug.core.checks import is_whole, require
from semgan_aug.core.cli import add_traceback_option, user_errors
from semgan_aug.core.errors import InputError
from semgan_aug.datasets.sampler import SampleIndex, random_numbers_of
from semgan_aug.engine.config import training_config
from semgan_aug.engine.config_errors import building
from semgan_aug.engine.hooks import OrphanHook
from semgan_aug.models.base import UnpairedTranslation
from semgan_aug.models.networks.layers import AMP_DTYPES


def parse_args() -> argparse.Namespace:
    """Reads the command line; torch's old launcher passes the local rank in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='one of mmseg_configs/semgan/')
    parser.add_argument('--work-dir', help='default: work_dirs/<name of the config>')
    parser.add_argument(
        '--resume', action='store_true', help='resume the newest checkpoint in the work dir'
    )
    parser.add_argument(
        '--amp',
        nargs='?',
        choices=AMP_DTYPES,
        const='bfloat16',
        help='networks in bfloat16 (or float16); their heads and the losses stay in float32',
    )
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, help='key=value overrides')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm'], default='none')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    add_traceback_option(parser)
    try:
        args = parser.parse_args()
    except (ValueError, RecursionError):  # of DictAction
        parser.error(
            '--cfg-options takes KEY=VALUE with numbers, text, [lists] and (tuples); give the '
            'entries of a dict one by one, e.g. model.ema_decay=0.9, or write it into the config'
        )
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def main() -> None:
    """Trains; :func:`user_errors` reports errors that the user can correct."""
    args = parse_args()
    with user_errors(
        'train_semgan',
        args.traceback,
        stopped='the same command with --resume goes on from the last checkpoint',
        place='correct or free that place, or choose another --work-dir',
    ):
        train(args)


def train(args: argparse.Namespace) -> None:
    """Builds all objects and trains; errors while building name the config."""
    with building(args.config):
        cfg = read_config(args)
    if args.launcher == 'pytorch' and not torch.cuda.is_available():
        # mmengine would require a CUDA device for every backend.
        torch.distributed.init_process_group('gloo')
    with building(args.config, cfg):
        runner = Runner.from_cfg(cfg)
        loop = runner.train_loop  # a property that builds the datasets
    entry = 'train_dataloader.dataset'
    with building(args.config, cfg, entry), random_numbers_of(SampleIndex(0)):
        loop.dataloader.dataset[0]  # finds an error in a pipeline before training
    if args.launcher != 'none':
        # Not in the config, whose text is kept: a process id does not describe the training.
        runner.register_hook(OrphanHook())
    with building(args.config, cfg, until=type(loop).run):
        runner.train()


def read_config(args: argparse.Namespace) -> Config:
    """Reads the config and applies the options of the command line.

    Raises:
        InputError: the config does not train a translator.
    """
    cfg = training_config(args.config, args.work_dir, args.resume, args.cfg_options)
    kind = cfg.get('model', {}).get('type')
    model = MODELS.get(kind) if kind else None
    if model is None or not issubclass(model, UnpairedTranslation):
        raise InputError(
            f'{args.config} trains {kind!r}, which is no translator; choose one of '
            "mmseg_configs/semgan/, and mmseg's train.py for segmenters"
        )
    iterations = cfg.get('train_cfg', {}).get('max_iters')
    require('train_cfg', 'max_iters', iterations, 'a whole number from 1', is_whole(iterations, 1))
    cfg.launcher = args.launcher
    if args.amp:
        for network in ('generator', 'discriminator'):
            cfg.model.setdefault(network, {})['amp_dtype'] = args.amp
    return cfg


if __name__ == '__main__':
    main()
