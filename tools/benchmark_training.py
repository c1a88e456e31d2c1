"""Measures a training step of SemGAN beside plain CycleGAN steps and the machine's floor."""

import argparse
import json
import sys
from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from rich.console import Console
from rich.table import Table

import semgan_aug  # noqa: F401  (registers everything)
from semgan_aug.benchmark.training_speed import measure

# (size, batch, generator, discriminator, rounds): minutes on two cores; the paper's on a GPU.
SMALL = ((128, 160), 1, dict(base_channels=32, num_blocks=4), 32, 9)
FULL = ((256, 512), 1, dict(base_channels=64, num_blocks=9), 64, 30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu')
    parser.add_argument('--size', type=int, nargs=2, metavar=('H', 'W'))
    parser.add_argument('--batch', type=int)
    parser.add_argument('--rounds', type=int)
    parser.add_argument('--amp', action='store_true', help='our step in bfloat16')
    parser.add_argument('--json', help='file to write')
    args = parser.parse_args()
    if args.device == 'cuda' and not torch.cuda.is_available():
        sys.exit('benchmark_training: there is no CUDA device here; use --device cpu')
    size, batch, generator, d_channels, rounds = SMALL if args.device == 'cpu' else FULL
    size = tuple(args.size or size)
    batch = batch if args.batch is None else args.batch
    rounds = rounds if args.rounds is None else args.rounds
    if min(size) < 32 or size[0] % 4 or size[1] % 4 or batch < 1 or rounds < 1:
        sys.exit(
            f'benchmark_training: size {size}, batch {batch}, rounds {rounds}, but sides from 32 '
            'in multiples of 4, and a batch and rounds from 1, are allowed'
        )
    init_default_scope('mmseg')
    result = measure(
        args.device,
        size,
        batch,
        generator,
        dict(base_channels=d_channels, num_strided=3),
        'bfloat16' if args.amp else None,
        rounds,
    )
    table = Table(title=f'{size[0]} x {size[1]}, batch {batch}, {result["hardware"]}')
    columns = ['step', 'dtype', 'steps_per_second', 'images_per_second', 'tflop', 'floor_share']
    for column in (*columns, 'peak_mib'):
        table.add_column(column.replace('_', ' '))
    for row in result['rows']:
        table.add_row(*(str(row[column]) for column in (*columns, 'peak_mib')))
    console = Console()
    console.print(table)
    console.print('Parts of our step, seconds:', result['parts'])
    console.print(
        f'Our step is {result["ratio_to_plain_step"]:.2f} times as fast as the plain SemGAN step '
        f'and uses {result["floor_share"]:.0%} of the matrix rate.'
    )
    if args.json:
        Path(args.json).write_text(json.dumps(result, indent=2) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
