"""Measures a training step of SemGAN beside plain CycleGAN steps and the machine's floor."""

import argparse
import json
import math
import sys
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from rich.console import Console
from rich.table import Table

import semgan_aug  # noqa: F401  (registers everything)
from semgan_aug.benchmark.speed.loader import loader_speed
from semgan_aug.benchmark.speed.training import FLAGS, Setting, measure, parse_variant

# (size, generator, discriminator, rounds): minutes on two cores; the paper's on a GPU.
SMALL = ((128, 160), dict(base_channels=32, num_blocks=4), 32, 9)
FULL = ((256, 512), dict(base_channels=64, num_blocks=9), 64, 30)
COLUMNS = {
    'step': 'step',
    'steps_per_second': 'steps/s',
    'images_per_second': 'images/s',
    'ratio_to_plain_step': 'times plain',
    'tflop': 'TFLOP',
    'floor_share': 'floor',
    'peak_mib': 'MiB',
    'device_waits': 'waits',
}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu')
    parser.add_argument('--size', type=int, nargs=2, metavar=('H', 'W'))
    parser.add_argument('--batch', type=int, default=1)
    parser.add_argument('--rounds', type=int)
    parser.add_argument(
        '--ours',
        nargs='+',
        default=['bfloat16', 'float32'],
        metavar='VARIANT',
        help=f'variants of our step: a dtype and any of {", ".join(FLAGS)}, e.g. bfloat16+compile; '
        'the first is the one that the summary is about',
    )
    parser.add_argument('--config', help='SemGAN config whose loader is measured')
    parser.add_argument('--json', help='file to write')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if args.device == 'cuda' and not torch.cuda.is_available():
        sys.exit('benchmark_training: there is no CUDA device here; use --device cpu')
    size, generator, d_channels, rounds = SMALL if args.device == 'cpu' else FULL
    size = tuple(args.size or size)
    rounds = rounds if args.rounds is None else args.rounds
    if min(size) < 32 or size[0] % 4 or size[1] % 4 or args.batch < 1 or rounds < 1:
        sys.exit(
            f'benchmark_training: size {size}, batch {args.batch}, rounds {rounds}, but sides '
            'from 32 in multiples of 4, and a batch and rounds from 1, are allowed'
        )
    init_default_scope('mmseg')
    if args.json and not Path(args.json).resolve().parent.is_dir():
        sys.exit(f'benchmark_training: --json is {args.json}, but there is no such folder')
    args.ours = list(dict.fromkeys(args.ours))
    try:
        for variant in args.ours:
            parse_variant(variant)
        dataset = args.config and training_dataset(args.config)
        loader = loader_speed(dataset, size)
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f'benchmark_training: {error}')
    discriminator = dict(base_channels=d_channels, num_strided=3)
    setting = Setting(args.device, size, args.batch, generator, discriminator)
    result = measure(setting, args.ours, rounds)
    step = result['rows'][0]
    loader['workers_that_keep_up'] = math.ceil(
        loader['seconds_per_pair'] * args.batch / step['seconds']
    )
    result['loader'] = loader
    show(result)
    if args.json:
        Path(args.json).write_text(json.dumps(result, indent=2) + '\n', encoding='utf-8')


def training_dataset(path: str) -> dict:
    """The unpaired dataset of a SemGAN config; ValueError if it has none."""
    dataset = Config.fromfile(path).get('train_dataloader', {}).get('dataset', {})
    if dataset.get('type') != 'UnpairedDataset':
        raise ValueError(f'{path} has no UnpairedDataset; name one of mmseg_configs/semgan/')
    return dataset


def show(result: dict) -> None:
    size, loader, console = result['size'], result['loader'], Console()
    title = f'{size[0]} x {size[1]}, batch {result["batch_size"]}, {result["hardware"]}'
    table = Table(title=title)
    columns = [k for k in COLUMNS if any(row[k] is not None for row in result['rows'])]
    for key in columns:
        table.add_column(COLUMNS[key], overflow='fold')
    for row in result['rows']:
        table.add_row(*(str(row[key]) for key in columns))
    console.print(table)
    ours = result['rows'][0]
    parts = dict(loader=loader['seconds_per_pair'] * result['batch_size']) | result['parts']
    console.print(f'Parts of {ours["step"]}, seconds (loader: of one worker):', parts)
    console.print(
        f'A pair of frames ({loader["frames"]}) takes a worker {loader["seconds_per_pair"]:.3f} s, '
        f'{loader["decode_seconds_per_pair"]:.3f} s of it to decode: '
        f'{loader["workers_that_keep_up"]} worker(s) keep up with this step.'
    )
    console.print(
        f'This step is {result["ratio_to_plain_step"]:.2f} times as fast as the plain SemGAN step '
        f'and uses {result["floor_share"]:.0%} of the matrix rate.'
    )


if __name__ == '__main__':
    main()
