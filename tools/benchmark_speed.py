"""Measures the speed of a SemGAN training step, or of translation.

Each measurement is printed, and written to --json, as soon as it is made.
"""

import argparse
from dataclasses import asdict, fields, replace
from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from rich.console import Console
from rich.table import Table

import semgan_aug
from semgan_aug.benchmark.speed import training, translation
from semgan_aug.benchmark.speed.machine import hardware
from semgan_aug.core.cli import add_traceback_option, user_errors
from semgan_aug.core.errors import InputError
from semgan_aug.core.files import write_json


def parse_args() -> argparse.Namespace:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument('--device', choices=['cpu', 'cuda'], default='cpu')
    common.add_argument('--rounds', type=int, help='turns of each step, or way of translation')
    common.add_argument('--json', type=Path, help='file to write')
    add_traceback_option(common)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest='command', required=True)
    one = commands.add_parser('training', parents=[common], help='a training step')
    one.add_argument('--size', type=int, nargs=2, metavar=('H', 'W'))
    one.add_argument('--batch-size', type=int, help='frames per domain and step')
    one.add_argument('--config', help='SemGAN config whose loader is measured')
    one.add_argument(
        '--ours',
        nargs='+',
        metavar='VARIANT',
        help=f'variants of our step: a dtype and any of {", ".join(training.FLAGS)}, e.g. '
        'bfloat16+compile; ratio, MFU and parts are those of the first',
    )
    two = commands.add_parser('translation', parents=[common], help='offline, and in a training')
    two.add_argument('--iterations', type=int, help='measured ones of each training loop')
    two.add_argument('--workers', type=int, help='of the data loader')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with user_errors('benchmark_speed', args.traceback, 'the same command begins again'):
        run(args)


def run(args: argparse.Namespace) -> None:
    """Prints, and writes, one measurement after the other."""
    init_default_scope('mmseg')
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise InputError('there is no CUDA device here; use --device cpu')
    if args.json and (args.json.is_dir() or not args.json.resolve().parent.is_dir()):
        raise InputError(f'--json is {args.json}, but a file in a folder that exists is needed')
    module, measurements = {
        'training': (training, training.measure_training),
        'translation': (translation, translation.measure_translation),
    }[args.command]
    setting = module.SETTINGS[args.device]
    given = {field.name: getattr(args, field.name, None) for field in fields(setting)}
    setting = replace(
        setting,
        **{k: tuple(v) if isinstance(v, list) else v for k, v in given.items() if v is not None},
    )
    result = dict(
        hardware=hardware(),
        versions=dict(torch=torch.__version__, semgan_aug=semgan_aug.__version__),
        setting=asdict(setting) | dict(config=setting.config and Path(setting.config).stem),
    )
    console = Console()
    for name, value in measurements(setting):
        result[name] = value
        show(console, name, value)
        if args.json:
            write_json(args.json, result)


def show(console: Console, name: str, value: object) -> None:
    """Prints a measurement; of a list of rows a table with a column for each row."""
    if not isinstance(value, list):
        console.print(f'{name}:', value)
        return
    heading, *keys = value[0]
    table = Table(heading, *(str(row[heading]) for row in value), title=name)
    for key in keys:
        table.add_row(key, *(str(row[key]) for row in value))
    console.print(table)


if __name__ == '__main__':
    main()
