"""Measures the speed of a SemGAN training step, or of translation.

Each measurement is printed, and written to --json, as soon as it is made.
"""

import argparse
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from rich.console import Console
from rich.table import Table

import semgan_aug
from semgan_aug.benchmark.speed import training, translation
from semgan_aug.benchmark.speed.machine import hardware
from semgan_aug.core.errors import InputError
from semgan_aug.engine.hooks.progress import write_json


def parse_args() -> argparse.Namespace:
    """The command, and its changes of the device's setting."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument('--device', choices=['cpu', 'cuda'], default='cpu')
    common.add_argument('--rounds', type=int, help='turns of each step, or way of translation')
    common.add_argument('--json', type=Path, help='file to write')
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest='command', required=True)
    one = commands.add_parser('training', parents=[common], help='a training step')
    one.add_argument('--size', type=int, nargs=2, metavar=('H', 'W'))
    one.add_argument('--batch-size', type=int, help='frames per domain and step')
    one.add_argument('--config', help='SemGAN config whose loader is measured')
    one.add_argument(
        '--ours',
        nargs='+',
        default=['bfloat16', 'float32'],
        metavar='VARIANT',
        help=f'variants of our step: a dtype and any of {", ".join(training.FLAGS)}, e.g. '
        'bfloat16+compile; ratio, MFU and parts are those of the first',
    )
    two = commands.add_parser('translation', parents=[common], help='offline, and in a training')
    two.add_argument('--iterations', type=int, help='measured ones of each training loop')
    two.add_argument('--workers', type=int, help='of the data loader')
    return parser.parse_args()


def main() -> None:
    """Prints and writes each measurement as it is made."""
    args, console = parse_args(), Console()
    init_default_scope('mmseg')
    result = dict(
        hardware=hardware(),
        versions=dict(torch=torch.__version__, semgan_aug=semgan_aug.__version__),
    )
    try:
        if args.device == 'cuda' and not torch.cuda.is_available():
            raise InputError('there is no CUDA device here; use --device cpu')
        if args.json and (args.json.is_dir() or not args.json.resolve().parent.is_dir()):
            raise InputError(f'--json is {args.json}, but a file in a folder that exists is needed')
        for name, value in measurements(args):
            result[name] = value
            show(console, name, value)
            if args.json:
                write_json(args.json, result)
    except (InputError, FileNotFoundError) as error:
        sys.exit(f'benchmark_speed: {error}')


def measurements(args: argparse.Namespace) -> Iterator[tuple[str, object]]:
    """The measurements of a command, one after the other."""
    module = training if args.command == 'training' else translation
    names = {field.name for field in dataclasses.fields(module.SETTINGS[args.device])}
    given = {k: v for k, v in vars(args).items() if k in names and v is not None}
    if 'size' in given:
        given['size'] = tuple(given['size'])
    setting = dataclasses.replace(module.SETTINGS[args.device], **given)
    if module is translation:
        return translation.measure_translation(setting)
    dataset = training_dataset(args.config) if args.config else None
    return training.measure_training(setting, list(dict.fromkeys(args.ours)), dataset)


def training_dataset(path: str) -> dict:
    """The unpaired dataset of a SemGAN config; InputError if it has none."""
    dataset = Config.fromfile(path).get('train_dataloader', {}).get('dataset', {})
    if dataset.get('type') != 'UnpairedDataset':
        raise InputError(f'{path} has no UnpairedDataset; name one of mmseg_configs/semgan/')
    return dataset


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
