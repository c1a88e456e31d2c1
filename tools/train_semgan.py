"""Trains a SemGAN translator from a config: mmseg's tools/train.py with its habits."""

import argparse
import os
import sys

import torch
from mmengine.config import DictAction
from mmengine.runner import Runner

import semgan_aug  # noqa: F401  (registers everything)
from semgan_aug.errors import InputError, sentence
from semgan_aug.hooks import NonFiniteLossError
from semgan_aug.networks.layers import AMP_DTYPES
from semgan_aug.training import training_config


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='one of mmseg_configs/semgan/')
    parser.add_argument('--work-dir', help='default: work_dirs/<name of the config>')
    parser.add_argument(
        '--resume', action='store_true', help='go on from the newest checkpoint in the work dir'
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
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)  # torch's launcher
    args = parser.parse_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def build_runner(args: argparse.Namespace) -> Runner:
    """The runner with its datasets: what is wrong with a config or its data shows here."""
    cfg = training_config(args.config, args.work_dir, args.resume, args.cfg_options)
    cfg.launcher = args.launcher
    if args.amp:
        for network in ('generator', 'discriminator'):
            cfg.model.setdefault(network, {})['amp_dtype'] = args.amp
    if args.launcher != 'none':
        cfg.custom_hooks = [*cfg.get('custom_hooks', []), dict(type='OrphanHook')]
    if args.launcher == 'pytorch' and not torch.cuda.is_available():
        # mmengine would ask for a CUDA device first, whatever the backend.
        torch.distributed.init_process_group('gloo')
    runner = Runner.from_cfg(cfg)
    runner.train_loop  # noqa: B018  (a property that builds the datasets)
    return runner


def main() -> None:
    args = parse_args()
    try:
        runner = build_runner(args)
    except (ValueError, FileNotFoundError) as error:  # ours are among them: one sentence each
        sys.exit(f'train_semgan: {error}')
    try:
        runner.train()
    except (InputError, NonFiniteLossError) as error:
        sys.exit(f'train_semgan: {sentence(error)}')


if __name__ == '__main__':
    main()
