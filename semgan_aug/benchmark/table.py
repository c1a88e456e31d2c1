"""Results as a table, as JSON and as a picture."""

import os
import re
from html import escape
from pathlib import Path
from statistics import mean, stdev

import cv2
import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS

from ..core.classes import IGNORE
from ..core.drawing import color_ids, grid
from ..translator.translator import load_translator
from .scheduler import Job
from .suite import Suite

#: Environment variables that say where data lies.
DATA_ROOTS = ('SEMGAN_DATA', 'GTA5', 'CITYSCAPES')
TITLES = dict(
    source_only='source only',
    source_few='source + target_few',
    color_transfer='color transfer (Lab)',
    class_color_transfer='class-wise color transfer (Lab)',
    histogram_matching='histogram matching',
    fda='FDA',
    cyclegan='CycleGAN',
    unit='UNIT',
    sggan='SG-GAN',
    semgan_paper='SemGAN as in the paper',
    semgan_no_rec='SemGAN without rec',
    semgan_no_idt='SemGAN without idt',
    semgan_no_dom='SemGAN without domain',
    semgan='SemGAN',
    semgan_few='SemGAN + target_few',
    color_transfer_few='color transfer (Lab) + target_few',
    source_few5='source + 5 of target_few',
    semgan_5='SemGAN, 5 labels',
    semgan_5_few5='SemGAN, 5 labels + 5 of target_few',
    class_color_transfer_few='class-wise color transfer + target_few',
    semgan_pseudo='SemGAN, pseudo labels (0 labels)',
    semgan_pseudo2='SemGAN, pseudo labels refreshed (0 labels)',
    oracle='target oracle',
    source_all='source + target_all',
    source_rare='source only, rare classes drawn more often',
    semgan_rare='SemGAN, rare classes drawn more often',
)
#: Rows that train on all labels of the target.
ALL_LABELS = ('oracle', 'source_all')


def scores(result: dict, subsets: dict[str, list[str]]) -> dict[str, float]:
    """mIoU, accuracy and the means over subsets of the classes, in %.

    Args:
        result: what a segmenter's job wrote.
        subsets: name of a mean to the classes it is taken over.
    """
    metrics = result['metrics']
    values = dict(mIoU=metrics['mIoU'], accuracy=metrics['aAcc'])
    for name, classes in subsets.items():
        found = [metrics[f'IoU.{c}'] for c in classes]
        values[name] = round(mean(iou for iou in found if iou is not None), 2)
    return values


def gap_closed(rows: dict[str, dict], row: str) -> float:
    """Share of the way from source only to the oracle, in mIoU: 1 is the oracle.

    nan where the oracle is no better than source only: there is no gap to close.
    """
    low, high = rows['source_only']['mIoU'], rows['oracle']['mIoU']
    return round((rows[row]['mIoU'] - low) / (high - low), 3) if high > low else float('nan')


def seed_rows(suite: Suite, jobs: list[Job], seed: int) -> dict[str, dict]:
    """Scores of one seed's finished rows."""
    return {
        job.name: scores(job.result(), suite.subsets)
        for job in jobs
        if job.seed == seed and job.row and job.result()
    }


class Table:
    """The numbers of a suite: rows that any seed has finished, in the suite's order.

    Args:
        suite: whose rows.
        jobs: of all seeds; those that are not finished do not count.
        consistency: row to what :func:`consistency.label_consistency` found, if it was measured.
    """

    def __init__(
        self, suite: Suite, jobs: list[Job], consistency: dict[str, dict] | None = None
    ) -> None:
        self.consistency = consistency or {}
        by_seed = {seed: seed_rows(suite, jobs, seed) for seed in {job.seed for job in jobs}}
        self.seeds = sorted(seed for seed, rows in by_seed.items() if rows)
        self._by_seed = [by_seed[seed] for seed in self.seeds]
        self.rows = [row for row in suite.rows if any(row in rows for rows in self._by_seed)]
        self.columns = ['mIoU', *suite.subsets, 'accuracy']
        self._results = {
            row: [job.result()['metrics'] for job in jobs if job.name == row and job.result()]
            for row in self.rows
        }
        metrics = next(iter(self._results.values()), [{}])[0]
        self.classes = [key.removeprefix('IoU.') for key in metrics if key.startswith('IoU.')]

    def values(self, row: str, column: str) -> list[float]:
        """One number per seed that has it; the share of the gap is one number, or none.

        That is of the means over all seeds: the oracle of one seed may be far from another's, and
        the row with the higher mIoU closes more of the gap, whichever seeds it has.
        """
        if column != 'gap closed':
            return [rows[row][column] for rows in self._by_seed if row in rows]
        if not {'source_only', 'oracle'} <= set(self.rows):
            return []
        names = ('source_only', 'oracle', row)
        means = {name: dict(mIoU=mean(self.values(name, 'mIoU'))) for name in names}
        closed = 100 * gap_closed(means, row)
        return [closed] if np.isfinite(closed) else []

    def count(self, row: str) -> int:
        """Seeds that have finished a row."""
        return len(self._results[row])

    def cell(self, row: str, column: str) -> str:
        """Mean and deviation over the seeds, as text."""
        values = self.values(row, column)
        unit = ' %' if column == 'gap closed' else ''
        return f'{_mean_std(values)}{unit}' if values else '–'

    def best(self, column: str) -> str | None:
        """The row with the highest mean, without those that see all target labels.

        Only rows of as many seeds as any compete: one lucky seed is no lead.
        """
        most = max(map(self.count, self.rows))
        rows = [r for r in self.rows if r not in ALL_LABELS and self.count(r) == most]
        means = {row: mean(v) for row in rows if (v := self.values(row, column))}
        return max(means, key=means.get) if means else None

    def class_iou(self, row: str, name: str) -> float | None:
        """Mean over the seeds of a class's IoU in %, None where no frame shows it."""
        found = [metrics.get(f'IoU.{name}') for metrics in self._results[row]]
        found = [value for value in found if value is not None]
        return mean(found) if found else None


def write_table(suite: Suite, jobs: list[Job], folder: Path) -> str:
    """Writes ``results.md`` (mean and deviation over the seeds) and its chart, returns the text."""
    table = Table(suite, jobs)
    columns = [*table.columns, 'gap closed']
    (folder / 'chart.svg').write_text(bar_chart(table), encoding='utf-8')
    lines = [
        f'Suite {suite.name}, seeds {", ".join(map(str, table.seeds))}; % on held-out target '
        'frames.',
        '',
        '| row | ' + ' | '.join(columns) + ' | seeds |',
        '|---|' + '---|' * (len(columns) + 1),
    ]
    for row in table.rows:
        cells = [table.cell(row, column) for column in columns]
        cells += [str(table.count(row))]
        lines.append(f'| {TITLES.get(row, row)} | ' + ' | '.join(cells) + ' |')
    text = '\n'.join(lines) + '\n'
    (folder / 'results.md').write_text(text, encoding='utf-8')
    return text


#: Bars of rows whose segmenter itself sees no, few and all labeled target frames.
COLORS = ('#4878a8', '#d0803c', '#8a929c')


def bar_chart(table: Table) -> str:
    """MIoU of each row as SVG: a bar for the mean, a dot for each seed."""
    left, right, height = 300, 420, 24
    top = max([1.0, *(v for row in table.rows for v in table.values(row, 'mIoU'))])
    width = left + right + 70
    parts = []
    for i, row in enumerate(table.rows):
        values, y = table.values(row, 'mIoU'), i * height + 8
        labels = 2 if row in ALL_LABELS else '_few' in row
        middle = y + height / 2 - 2
        parts.append(
            f'<text x="{left - 8}" y="{middle + 4}" text-anchor="end">'
            f'{escape(TITLES.get(row, row))}</text>'
            f'<rect x="{left}" y="{y}" width="{right * mean(values) / top:.1f}" '
            f'height="{height - 6}" fill="{COLORS[labels]}"/>'
            f'<text x="{left + right + 8}" y="{middle + 4}">{table.cell(row, "mIoU")}</text>'
        )
        parts += [
            f'<circle cx="{left + right * v / top:.1f}" cy="{middle}" r="3" fill="#1c2430"/>'
            for v in values
            if len(values) > 1
        ]
    legend = ('segmenter sees no target', 'the few labeled', 'all, labeled')
    y = len(table.rows) * height + 24
    for i, (color, text) in enumerate(zip(COLORS, legend, strict=True)):
        x = left + 190 * i
        parts.append(
            f'<rect x="{x}" y="{y - 10}" width="10" height="10" fill="{color}"/>'
            f'<text x="{x + 15}" y="{y}">{text}</text>'
        )
    body = '\n'.join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + 100} {y + 14}" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="#1c2430">\n'
        f'<title>mIoU on held-out target frames, in %</title>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _mean_std(values: list[float]) -> str:
    if len(values) == 1:
        return f'{values[0]:.1f}'
    return f'{mean(values):.1f} ± {stdev(values):.1f}'


def write_panel(suite: Suite, jobs: list[Job], path: Path, num_frames: int = 3) -> None:
    """Draws what a translator does and what comes of it.

    Upper rows: source frame, its translation, the class map before and after, a target frame.
    Lower rows: evaluation frame, ground truth, and the predictions of three segmenters.

    Args:
        suite: with the rows 'source_only', 'semgan' and 'oracle'.
        jobs: finished jobs of one seed.
        path: PNG to write.
        num_frames: source frames and evaluation frames shown.
    """
    by_name = {job.name: job for job in jobs}
    translator_job = by_name['semgan'].waits_for
    translator = load_translator(translator_job.result()['checkpoint'])
    palette = translator.palette
    upper = []
    frames = _training_frames(translator_job, num_frames)
    for style, (image, ids, target) in enumerate(frames):
        output, output_ids = translator.translate(image, ids, style=style)
        maps = [color_ids(ids, palette), color_ids(output_ids, palette)]
        upper.append([image, output, *maps, target])
    lower = []
    for i in range(num_frames):
        folder = by_name['semgan'].folder / 'predictions'
        truth = cv2.imread(str(folder / f'{i}-gt_sem_seg.png'), cv2.IMREAD_GRAYSCALE)
        row = [cv2.imread(str(folder / f'{i}-image.png')), color_ids(truth, palette)]
        for name in ('source_only', 'semgan', 'oracle'):
            file = by_name[name].folder / 'predictions' / f'{i}-pred_sem_seg.png'
            ids = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
            row.append(color_ids(np.where(truth == IGNORE, IGNORE, ids).astype(np.uint8), palette))
        lower.append(row)
    scale = max(1, 240 // upper[0][0].shape[1] + 1)
    rows = seed_rows(suite, jobs, jobs[0].seed)
    captions = [
        'target frame',
        'ground truth',
        *(
            f'trained on {TITLES[name]}: {rows[name]["mIoU"]:.1f}'
            for name in ('source_only', 'semgan', 'oracle')
        ),
    ]
    pictures = [
        grid(upper, ['source', 'SemGAN', 'source labels', 'SemGAN labels', 'target'], scale),
        grid(lower, captions, scale),
    ]
    cv2.imwrite(str(path), np.concatenate(pictures))


def _training_frames(job: Job, count: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Whole source frames with their labels, and target frames, of a translator's own data."""
    os.environ['MINISTREETS_SEED'] = str(job.seed)  # as the job had it
    init_default_scope('mmseg')
    data = Config.fromfile(job.training.path).train_dataloader.dataset
    domains = []
    for cfg in (data.source, data.target):
        cfg.pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
        domains.append(DATASETS.build(cfg))
    source, target = ([d[i * len(d) // count] for i in range(count)] for d in domains)
    return [(a['img'], a['gt_seg_map'], b['img']) for a, b in zip(source, target)]


def publish(suite: Suite, jobs: list[Job], folder: Path, target: Path) -> None:
    """Copies the table and the results it was made from to where they are kept in the project.

    The page goes along if its frames may be published. Where this machine keeps its data is not
    copied: of an absolute path the variable's name stands there instead.
    """
    target.mkdir(parents=True, exist_ok=True)
    roots = {name: os.environ.get(name, '').rstrip('/') for name in DATA_ROOTS}
    names = [
        'results.md',
        'chart.svg',
        'label-consistency.json',
        *(['index.html'] if suite.own_frames else []),
    ]
    files = [folder / name for name in names] + [job.result_file for job in jobs]
    for file in filter(Path.exists, files):
        text = file.read_text(encoding='utf-8')
        for name, root in roots.items():
            if Path(root).is_absolute():
                text = re.sub(rf'{re.escape(root)}(?![\w.-])', f'${name}', text)
        (target / file.name).write_text(text, encoding='utf-8')
