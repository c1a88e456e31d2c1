"""Trains every row of a suite and prints the table; what is done already is not done again."""

import argparse
import os
import sys
from pathlib import Path

from mmseg.registry import DATASETS

import semgan_aug  # noqa: F401  (registers everything)
from semgan_aug.benchmark import page, row_transforms, scheduler, table
from semgan_aug.benchmark.suite import PROFILES, Suite
from semgan_aug.core.errors import InputError
from semgan_aug.core.files import write_json

DEFAULT = 'work_dirs/benchmark/{}{}'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('suite', help='a name from mmseg_configs/suites/, e.g. ministreets')
    parser.add_argument('--profile', choices=PROFILES, default='cpu')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0])
    parser.add_argument('--rows', nargs='+', help='default: all of the suite')
    parser.add_argument('--jobs', type=int, default=2, help='trainings side by side')
    parser.add_argument('--work-dir', help='default: work_dirs/benchmark/SUITE, or SUITE-gpu')
    parser.add_argument(
        '--report-only', action='store_true', help='train nothing: table and page of what is done'
    )
    parser.add_argument('--publish', help='folder to copy the table and its JSON files to')
    args = parser.parse_args()
    if args.jobs < 1:
        sys.exit(f'benchmark: --jobs is {args.jobs}, but 1 or more is allowed')
    if min(args.seeds) < 0 or max(args.seeds) >= 2**32:
        sys.exit(f'benchmark: --seeds are {args.seeds}, but 0 ... {2**32 - 1} are allowed')
    try:
        suite = Suite.load(args.suite, args.profile)
        unknown = set(args.rows or []) - set(suite.rows)
        if unknown:
            sys.exit(f'benchmark: no row {sorted(unknown)}; choose from {sorted(suite.rows)}')
        folder = Path(
            args.work_dir or DEFAULT.format(suite.name, '-gpu' if args.profile == 'gpu' else '')
        )
        rows = scheduler.unique(args.rows or suite.rows)
        jobs = scheduler.plan(suite, folder, scheduler.unique(args.seeds), rows)
        if not args.report_only:
            scheduler.run(jobs, args.jobs, folder / 'clock.json')
        # The table is of all that is there, whatever was asked for this time.
        jobs, stale = scheduler.finished(suite, folder)
        for job in stale:
            print(
                f'Left out of the table: {job.name} (seed {job.seed}), which was made with another '
                f'config; delete {job.folder} and {job.result_file} to make it again',
                file=sys.stderr,
            )
        if not any(job.row for job in jobs):
            sys.exit(f'benchmark: no finished row in {folder}; run it without --report-only first')
        print(table.write_table(suite, jobs, folder))
        print(f'Page: {report_page(suite, jobs, folder)}')
        if args.publish:
            table.publish(suite, jobs, folder, Path(args.publish))
    except (scheduler.JobFailedError, OSError) as error:
        sys.exit(f'benchmark: {error}')
    except KeyboardInterrupt:
        sys.exit('benchmark: stopped; the same command goes on from here')


def report_page(suite: Suite, jobs: list[scheduler.Job], folder: Path) -> Path:
    """Writes index.html, frames of the first seed that has rows, label-consistency.json."""
    file = folder / 'label-consistency.json'
    rows = {job.name for job in jobs if job.row}
    before = scheduler.read(file) if file.exists() else {}
    before = {row: found for row, found in before.items() if row in rows}
    try:
        pictures, measured = draw(suite, jobs, folder)
    except (InputError, OSError) as error:
        row_transforms.left_out('all pictures', error)
        pictures, measured = [], {}
    found = before | measured
    consistency = {row: found[row] for row in suite.rows if row in found}
    write_json(file, consistency)
    contents = table.Table(suite, jobs, consistency)
    page.write_page(suite, jobs, contents, folder / 'index.html', pictures)
    return folder / 'index.html'


def draw(suite: Suite, jobs: list[scheduler.Job], folder: Path) -> tuple[list, dict]:
    """The page's pictures, and the label consistency, of the first seed that has rows."""
    seed = min(job.seed for job in jobs if job.row)
    os.environ['SEMGAN_CACHE'] = str(folder / 'translation_cache')  # as the jobs had it
    finished = [job for job in jobs if job.row and job.seed == seed]
    cfg = row_transforms.segmenter_config(suite, seed)
    made = row_transforms.row_transforms_of(cfg, jobs, seed)
    oracle = next((job for job in finished if job.name == 'oracle'), None)
    consistency = row_transforms.measure_consistency(cfg, made, oracle)
    palette = DATASETS.build(dict(cfg.source, pipeline=[])).metainfo['palette']
    pictures = [
        (
            'What each row makes of a frame',
            'Source frames, as the segmenter of each row sees them, and target frames.',
            page.translation_tiles(made, cfg),
        ),
        (
            'What the segmenters see',
            'Held-out target frames, ground truth, predictions.',
            page.prediction_tiles(finished, palette),
        ),
    ]
    return pictures, consistency


if __name__ == '__main__':
    main()
