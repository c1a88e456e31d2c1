"""The results of a suite as one HTML page that needs nothing else."""

import base64
from html import escape
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config

from ..core.classes import IGNORE
from ..core.drawing import color_ids
from .row_transforms import RowTransform, left_out
from .scheduler import Job
from .suite import Suite
from .table import TITLES, Table, bar_chart
from .training_data import fixed_frames

#: Table 1 of the paper (arXiv 1904.02203), GTA5 -> Cityscapes, DRN-26: mIoU-20 and accuracy.
PAPER = {
    'source_only': (11.65, 46.34),
    'cyclegan': (15.73, 65.27),
    'sggan': (14.07, 55.68),
    'unit': (16.36, 64.86),
    'semgan_no_rec': (4.13, 26.47),
    'semgan_no_idt': (6.92, 41.04),
    'semgan_no_dom': (12.74, 54.65),
    'semgan': (21.71, 77.39),
    'oracle': (26.61, 84.27),
}
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1200px; padding: 0 1rem;
  color: #1c2430; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #dde2e8; }
th:first-child, td:first-child { text-align: left; white-space: nowrap; }
th { font-weight: 600; border-bottom: 2px solid #9aa5b1; vertical-align: bottom; }
td.paper { color: #6b7684; }
.bars td:not(:first-child) { min-width: 3.2rem; border-left: 3px solid #fff; }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem; margin: .5rem 0 1.5rem; }
figure { margin: 0; width: 15rem; }
figure img { width: 100%; display: block; image-rendering: pixelated; }
figcaption { font-size: .8rem; color: #4a5563; }
p.note { color: #4a5563; max-width: 48rem; }
.scroll { overflow-x: auto; }
"""


Tiles = list[tuple[str, np.ndarray]]


def write_page(
    suite: Suite,
    jobs: list[Job],
    table: Table,
    path: Path,
    pictures: list[tuple[str, str, list[Tiles]]],
) -> None:
    """Writes the page.

    Args:
        suite: whose results.
        jobs: all jobs that were asked for.
        table: the numbers.
        path: HTML file to write.
        pictures: (heading, explanation, frames) of each part, a frame being its tiles: (caption,
            BGR uint8 array).
    """
    done = [job.result() for job in jobs if job.result()]
    hardware = ', '.join(sorted({r['hardware'] for r in done if 'hardware' in r}))
    commits = ', '.join(sorted({r['commit'] for r in done if 'commit' in r}))
    parts = [
        f'<h1>Suite {escape(suite.name)}</h1>',
        f'<p class="note">Segmenters trained on the source frames of each row, in % on held-out '
        f'target frames; seeds {", ".join(map(str, table.seeds))}. Gap closed: share of the way '
        f'from source only to the oracle. {escape(hardware)}; commit {escape(commits)}.</p>',
        _scores(table),
        f'<div style="max-width: 60rem">{_inline(bar_chart(table))}</div>',
        '<h2>IoU of each class</h2>',
        _bars(table),
    ]
    if table.consistency:
        parts += ['<h2>Do the labels still fit?</h2>', _consistency(table)]
    for heading, explanation, frames in pictures:
        parts.append(f'<h2>{escape(heading)}</h2><p class="note">{escape(explanation)}</p>')
        parts += [_tiles(tiles) for tiles in frames]
    body = '\n'.join(parts)
    path.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(suite.name)}'
        f'</title><style>{STYLE}</style></head><body>\n{body}\n</body></html>\n',
        encoding='utf-8',
    )


def _inline(svg: str) -> str:
    """A chart as part of the page, which names no address."""
    return svg.replace(' xmlns="http://www.w3.org/2000/svg"', '')


def _table(header: list[str], rows: list[list[str]], kind: str = '') -> str:
    head = ''.join(f'<th>{cell}</th>' for cell in header)
    body = '\n'.join('<tr>' + ''.join(row) + '</tr>' for row in rows)
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f'<tbody>\n{body}\n</tbody></table></div>'
    )


def _scores(table: Table) -> str:
    rows = []
    for row in table.rows:
        cells = [f'<td>{escape(TITLES.get(row, row))}</td>']
        for column in (*table.columns, 'gap closed'):
            text = table.cell(row, column)
            bold = row == table.best(column)
            cells.append(f'<td>{f"<b>{text}</b>" if bold else text}</td>')
        cells.append(f'<td>{table.count(row)}</td>')
        paper = PAPER.get(row, ('', ''))
        cells += [f'<td class="paper">{value}</td>' for value in paper]
        rows.append(cells)
    header = ['row', *table.columns, 'gap closed', 'seeds', 'paper: mIoU-20', 'paper: accuracy']
    note = (
        '<p class="note">Bold: best of the rows that see no more than the few labeled target '
        'frames and have the most seeds. The last two columns are Table 1 of arXiv 1904.02203 '
        '(GTA5 to Cityscapes, DRN-26), for orientation: other data, other networks.</p>'
    )
    return _table(header, rows) + note


def _bars(table: Table) -> str:
    rows = []
    for row in table.rows:
        cells = [f'<td>{escape(TITLES.get(row, row))}</td>']
        for name in table.classes:
            value = table.class_iou(row, name)
            fill = f'linear-gradient(90deg, #bcd7f2 {value or 0:.0f}%, #f3f5f7 0)'
            text = '–' if value is None else f'{value:.0f}'
            cells.append(f'<td style="background:{fill}">{text}</td>')
        rows.append(cells)
    return _table(['row', *map(escape, table.classes)], rows, 'bars')


def _consistency(table: Table) -> str:
    names = list(next(iter(table.consistency.values()))['confusions'])
    rows = [
        [
            f'<td>{escape(TITLES.get(row, row))}</td>',
            f'<td>{found["kept"]:.1f}</td><td>{found["mIoU"]:.1f}</td>',
            *(f'<td>{found["confusions"][name]:.1f}</td>' for name in names),
        ]
        for row, found in table.consistency.items()
    ]
    note = (
        '<p class="note">Kept: pixels (%) where the translator\'s own class map agrees with the '
        'source label. Fit: mIoU between the source label and what the oracle, a segmenter trained '
        'on real target frames, sees in the translated frame. The rest: share (%) of a '
        "class's pixels that it takes for another.</p>"
    )
    return _table(['translator', 'kept', 'fit', *map(escape, names)], rows) + note


def _tiles(tiles: Tiles) -> str:
    figures = []
    for caption, image in tiles:
        data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
        source = f'data:image/jpeg;base64,{base64.b64encode(data).decode()}'
        text = escape(caption)
        figures.append(
            f'<figure><img alt="{text}" src="{source}"><figcaption>{text}</figcaption></figure>'
        )
    return f'<div class="tiles">{"".join(figures)}</div>'


def translation_tiles(looks: dict[str, RowTransform], cfg: Config, count: int = 3) -> list[Tiles]:
    """Source frames, what each row makes of them, and target frames.

    Args:
        looks: row to what it makes of a frame.
        cfg: of the segmenter, whose frames are shown.
        count: frames.
    """
    targets = fixed_frames(cfg, 'target_all', count)
    frames = []
    for number, sample in enumerate(fixed_frames(cfg, 'source', count)):
        image, ids = sample['img'], sample['gt_seg_map']
        made = [
            (TITLES.get(row, row), look.translate(image, ids, style=number)[0])
            for row, look in looks.items()
        ]
        frames.append(
            [('source', image), *made, ('a target frame', targets[number % len(targets)]['img'])]
        )
    return frames


def prediction_tiles(jobs: list[Job], palette: list, count: int = 3) -> list[Tiles]:
    """Evaluation frames, the truth, and what the segmenter of each row sees.

    Rows whose predictions are gone are left out, by name.
    """
    frames = []
    kept = []
    for job in jobs:
        missing = [
            file
            for i in range(count)
            for name in ('image', 'gt_sem_seg', 'pred_sem_seg')
            if not (file := job.folder / 'predictions' / f'{i}-{name}.png').exists()
        ]
        if missing:
            left_out(f'what the segmenter of {job.name} sees', f'there is no {missing[0]}')
        else:
            kept.append(job)
    for i in range(count if kept else 0):
        folder = kept[0].folder / 'predictions'
        truth = cv2.imread(str(folder / f'{i}-gt_sem_seg.png'), cv2.IMREAD_GRAYSCALE)
        tiles = [
            ('target frame', cv2.imread(str(folder / f'{i}-image.png'))),
            ('ground truth', color_ids(truth, palette)),
        ]
        for job in kept:
            file = job.folder / 'predictions' / f'{i}-pred_sem_seg.png'
            ids = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
            shown = np.where(truth == IGNORE, IGNORE, ids).astype(np.uint8)
            tiles.append((TITLES.get(job.name, job.name), color_ids(shown, palette)))
        frames.append(tiles)
    return frames
