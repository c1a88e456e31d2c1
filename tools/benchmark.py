"""Trains the unfinished rows of a suite, and writes its table, chart and page."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from mmseg.registry import DATASETS

import semgan_aug  # noqa: F401  (registers everything)
from semgan_aug.benchmark import pictures, row_transforms, scheduler
from semgan_aug.benchmark.page import Section, write_page
from semgan_aug.benchmark.results import collect, write_results
from semgan_aug.benchmark.suite import Suite
from semgan_aug.benchmark.table import Table, markdown
from semgan_aug.core.checks import require
from semgan_aug.core.cli import add_traceback_option, user_errors
from semgan_aug.core.errors import InputError


def main() -> None:
    """Checks the command line, runs the jobs and reports what is finished."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('suite', help='a name from mmseg_configs/suites/, e.g. ministreets')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0])
    parser.add_argument('--rows', nargs='+', help='default: all of the suite')
    parser.add_argument('--jobs', type=int, default=2, help='number of parallel trainings')
    parser.add_argument('--work-dir', type=Path, help='default: work_dirs/benchmark/SUITE')
    parser.add_argument(
        '--report-only', action='store_true', help='train nothing; show the finished rows'
    )
    parser.add_argument(
        '--publish', type=Path, help='folder that gets SUITE.json, SUITE.md and SUITE.svg as well'
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    with user_errors('benchmark', args.traceback):
        run(args)


def run(args: argparse.Namespace) -> None:
    """Runs the unfinished trainings and reports the finished rows."""
    require('', '--jobs', args.jobs, '1 or more', args.jobs >= 1)
    for seed in args.seeds:
        require('', '--seeds', seed, f'0 ... {2**32 - 1}', 0 <= seed < 2**32)
    suite = Suite.load(args.suite)
    unknown = set(args.rows or []) - set(suite.rows)
    if unknown:
        raise InputError(f'no row {sorted(unknown)}; choose from {sorted(suite.rows)}')
    folder = args.work_dir or Path('work_dirs/benchmark') / suite.name
    rows = scheduler.unique(args.rows or suite.rows)
    jobs = scheduler.plan(suite, folder, scheduler.unique(args.seeds), rows)
    if not args.report_only:
        scheduler.run(jobs, args.jobs, folder / 'clock.json')
    report(suite, folder, args.publish)


def report(suite: Suite, folder: Path, publish: Path | None) -> None:
    """Writes table, chart and page of all finished rows, not only of the requested ones."""
    jobs, stale = scheduler.finished(suite, folder)
    for job in stale:
        print(
            f'Left out of the table: {job.name} (seed {job.seed}), which was made with another '
            f'config; delete {job.folder} and {job.result_file} to make it again',
            file=sys.stderr,
        )
    finished = {job.name for job in jobs if job.row}
    if not finished:
        raise InputError(f'no finished row in {folder}; run it without --report-only first')
    # Label consistency needs the checkpoints. If they are gone, earlier values are kept.
    file = folder / 'results' / f'{suite.name}.json'
    found = scheduler.read(file).get('label_consistency', {}) if file.exists() else {}
    try:
        sections, measured = draw(suite, jobs, folder)
    except (InputError, OSError) as error:
        row_transforms.report_left_out('all pictures', error)
        sections, measured = [], {}
    found |= measured
    consistency = {row: found[row] for row in suite.rows if row in found and row in finished}
    results = collect(suite, jobs, consistency)
    write_results(results, folder / 'results')
    page = folder / 'results' / f'{suite.name}.html'
    write_page(Table(results), page.with_suffix('.svg'), page, sections)
    print(markdown(Table(results)))
    print(f'Page: {page}')
    if publish:
        write_results(results, publish)
        if suite.own_frames:  # only then may the pictures on the page be published
            shutil.copy(page, publish)


def draw(
    suite: Suite, jobs: list[scheduler.Job], folder: Path
) -> tuple[list[Section], dict[str, dict]]:
    """Draws the page's pictures and measures label consistency, for the first seed with rows."""
    seed = min(job.seed for job in jobs if job.row)
    os.environ['SEMGAN_CACHE'] = str(folder / 'translation_cache')  # as in the jobs
    finished = [job for job in jobs if job.row and job.seed == seed]
    cfg = row_transforms.segmenter_config(suite, seed)
    transforms = row_transforms.row_transforms_of(cfg, jobs, seed)
    oracle = next((job for job in finished if job.name == 'oracle'), None)
    consistency = row_transforms.measure_consistency(cfg, transforms, oracle)
    palette = DATASETS.build(dict(cfg.source, pipeline=[])).metainfo['palette']
    sections = [
        Section(
            'Translated frames',
            'Source frames as the segmenter of each row sees them, and target frames.',
            pictures.translation_tiles(transforms, cfg),
        ),
        Section(
            'Predictions',
            'Held-out target frames, the ground truth, and the prediction of each segmenter.',
            pictures.prediction_tiles(finished, palette),
        ),
    ]
    return sections, consistency


if __name__ == '__main__':
    main()
