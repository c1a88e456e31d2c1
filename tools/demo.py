"""Trains SemGAN on MiniStreets, trains segmenters with and without it, and compares them.

All output is written to work_dirs/demo: table.json and panel.png, and checkpoints and logs in
subfolders. After an interruption, run the same command again to continue.
"""

import argparse
from pathlib import Path

import semgan_aug  # noqa: F401  (registers everything)
from semgan_aug.benchmark import scheduler
from semgan_aug.benchmark.pictures import write_panel
from semgan_aug.benchmark.results import collect, write_results
from semgan_aug.benchmark.suite import Suite
from semgan_aug.benchmark.table import Table, gap_closed, markdown
from semgan_aug.core.checks import require
from semgan_aug.core.cli import add_traceback_option, user_errors
from semgan_aug.core.files import write_json

OUT = Path('work_dirs/demo')
ROWS = ('source_only', 'color_transfer', 'semgan', 'source_few', 'oracle')


def main() -> None:
    """Runs the jobs of one seed, and writes table and picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seed', type=int, default=0, help='seed of frames and trainings')
    add_traceback_option(parser)
    args = parser.parse_args()
    with user_errors('demo', args.traceback):
        run(args.seed)


def run(seed: int) -> None:
    """Runs the unfinished trainings, and writes the table and the panel."""
    require('', '--seed', seed, f'0 ... {2**32 - 1}', 0 <= seed < 2**32)
    suite = Suite.load('ministreets')
    folder = OUT / f'seed{seed}'
    jobs = scheduler.plan(suite, folder, [seed], list(ROWS))
    seconds = scheduler.run(jobs, max_parallel=2, clock=folder / 'clock.json')
    results = collect(suite, jobs)
    table = Table(results)
    rows = table.seed_rows(seed)
    closed = gap_closed(rows, 'semgan')
    panel = OUT / 'panel.png'
    write_panel(table, jobs, panel)
    write_json(
        OUT / 'table.json',
        dict(seconds=seconds, seed=seed, gap_closed=closed, rows=rows),
    )
    write_results(results, folder / 'results')
    print(markdown(table))
    gain = rows['semgan']['mIoU'] - rows['source_only']['mIoU']
    print(f'SemGAN: {gain:+.1f} mIoU over source only, {closed:.0%} of the gap to the oracle.')
    print(f'{seconds / 60:.1f} minutes. Picture: {panel}   Numbers: {OUT / "table.json"}')


if __name__ == '__main__':
    main()
