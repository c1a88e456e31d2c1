"""Trains a SemGAN translator from a config: mmseg's tools/train.py with its habits."""

import os

PARENT = os.getppid()  # before the imports: a launcher may be killed while they last

# ruff: noqa: E402
import argparse
import sys

import torch
from mmengine.config import DictAction
from mmengine.runner import Runner
from mmseg.registry import MODELS

import semgan_aug  # noqa: F401  (registers everything)
from semgan_aug.core.errors import InputError, user_message
from semgan_aug.engine.config import training_config
from semgan_aug.engine.hooks import NonFiniteLossError
from semgan_aug.models.base import UnpairedTranslation
from semgan_aug.models.networks.layers import AMP_DTYPES

#: By these words a wrong config is told from a bug.
WRONG_CONFIG = (
    'unexpected keyword argument',
    'registry',
    'Invalid ',
    'is unknown; use',
    'is allowed',
    'are allowed',
    'must ',
    'check data_root',
    'is killed by signal',
)


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
    kind = cfg.get('model', {}).get('type')
    model = MODELS.get(kind) if kind else None
    if model is None or not issubclass(model, UnpairedTranslation):
        raise InputError(
            f'{args.config} trains {kind!r}, which is no translator; choose one of '
            "mmseg_configs/semgan/, and mmseg's train.py for segmenters"
        )
    cfg.launcher = args.launcher
    if args.amp:
        for network in ('generator', 'discriminator'):
            cfg.model.setdefault(network, {})['amp_dtype'] = args.amp
    if args.launcher != 'none':
        cfg.custom_hooks = [
            *cfg.get('custom_hooks', []),
            dict(type='OrphanHook', parent=PARENT),
        ]
    if args.launcher == 'pytorch' and not torch.cuda.is_available():
        # mmengine would ask for a CUDA device first, whatever the backend.
        torch.distributed.init_process_group('gloo')
    runner = Runner.from_cfg(cfg)
    runner.train_loop  # noqa: B018  (a property that builds the datasets)
    return runner


def main() -> None:
    args = parse_args()
    try:
        build_runner(args).train()
    except (InputError, NonFiniteLossError) as error:
        refuse(user_message(error))
    except SyntaxError as error:
        refuse(f'{args.config}, or one of its bases, is no valid Python ({error}); correct it')
    except OSError as error:
        own = error.errno is None  # not the system's
        place = '; free or correct that place, or choose another --work-dir'
        refuse(f'{error}{"" if own else place}')
    except (ValueError, TypeError, KeyError, RuntimeError) as error:
        # What mmengine, mmseg and torch say of a wrong config; anything else is a bug.
        text = user_message(error)
        text = text.strip('\'"') if isinstance(error, KeyError) else text
        if not any(sign in text for sign in WRONG_CONFIG):
            raise
        refuse(f'{text}; correct the config or the option')


def refuse(message: str) -> None:
    """Ends with one sentence, said by the first process alone."""
    sys.exit(f'train_semgan: {message}' if os.environ.get('RANK', '0') == '0' else 1)


if __name__ == '__main__':
    main()
