"""The table of a suite: means and deviations over the seeds, as numbers and as Markdown."""

from math import isfinite, nan
from statistics import mean, stdev

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


def title(row: str) -> str:
    """A row's name for readers."""
    return TITLES.get(row, row)


def scores(metrics: dict, subsets: dict[str, list[str]]) -> dict[str, float]:
    """mIoU, accuracy and the means over subsets of the classes, in %.

    Args:
        metrics: of one row and seed; the IoU of a class that no label shows is None.
        subsets: name of a mean to the classes that it is taken over.
    """
    values = dict(mIoU=metrics['mIoU'], accuracy=metrics['aAcc'])
    for name, classes in subsets.items():
        found = [metrics[f'IoU.{c}'] for c in classes]
        values[name] = round(mean(iou for iou in found if iou is not None), 2)
    return values


def gap_closed(rows: dict[str, dict], row: str) -> float:
    """Share of the way from source only to the oracle, in mIoU: 1 is the oracle.

    Args:
        rows: row to its scores.
        row: whose share.

    Returns:
        nan where the oracle is no better than source only: there is no gap to close.
    """
    low, high = rows['source_only']['mIoU'], rows['oracle']['mIoU']
    return round((rows[row]['mIoU'] - low) / (high - low), 3) if high > low else nan


class Table:
    """The numbers of a suite: the rows that any seed has finished.

    Args:
        results: see :func:`results.collect`.

    Attributes:
        name: of the suite.
        rows: names, in the suite's order.
        seeds: of all rows, ascending.
        columns: names of the scores.
        classes: names in id order.
        consistency: row to its label consistency.
    """

    def __init__(self, results: dict) -> None:
        self.results = results
        self.name, self.classes = results['suite'], results['classes']
        self.rows = list(results['rows'])
        self.seeds = sorted({int(seed) for seeds in results['rows'].values() for seed in seeds})
        self.columns = ['mIoU', *results['subsets'], 'accuracy']
        self.consistency = results['label_consistency']

    def seed_rows(self, seed: int) -> dict[str, dict]:
        """Row to its scores, for the rows that have a seed."""
        return {
            row: scores(seeds[str(seed)]['metrics'], self.results['subsets'])
            for row, seeds in self.results['rows'].items()
            if str(seed) in seeds
        }

    def values(self, row: str, column: str) -> list[float]:
        """One score per seed that has the row; for 'gap closed' one number in %, or none.

        The share of the gap is that of the means over all seeds. The oracle of one seed may be far
        from another's; with means, the row of the higher mIoU closes more of the gap, whichever
        seeds it has.
        """
        if column != 'gap closed':
            return [rows[row][column] for rows in map(self.seed_rows, self.seeds) if row in rows]
        if not {'source_only', 'oracle'} <= set(self.rows):
            return []
        names = ('source_only', 'oracle', row)
        means = {name: dict(mIoU=mean(self.values(name, 'mIoU'))) for name in names}
        closed = 100 * gap_closed(means, row)
        return [closed] if isfinite(closed) else []

    def count(self, row: str) -> int:
        """The number of seeds that have finished a row."""
        return len(self.results['rows'][row])

    def cell(self, row: str, column: str) -> str:
        """Mean and deviation over the seeds, as text."""
        values = self.values(row, column)
        if not values:
            return '–'
        spread = f' ± {stdev(values):.1f}' if len(values) > 1 else ''
        return f'{mean(values):.1f}{spread}' + (' %' if column == 'gap closed' else '')

    def best(self, column: str) -> str | None:
        """The row with the highest mean, without those that see all target labels.

        Only the rows with the most seeds compete: one lucky seed is no lead.
        """
        most = max(map(self.count, self.rows))
        rows = [r for r in self.rows if r not in ALL_LABELS and self.count(r) == most]
        means = {row: mean(v) for row in rows if (v := self.values(row, column))}
        return max(means, key=lambda row: means[row]) if means else None

    def class_iou(self, row: str, name: str) -> float | None:
        """Mean over the seeds of a class's IoU in %; None where no label shows the class."""
        found = [seed['metrics'].get(f'IoU.{name}') for seed in self.results['rows'][row].values()]
        found = [value for value in found if value is not None]
        return mean(found) if found else None

    def mentioned(self, key: str) -> str:
        """The distinct values of an entry of the rows' results, e.g. 'hardware'."""
        found = {
            result[key]
            for seeds in self.results['rows'].values()
            for result in seeds.values()
            if key in result
        }
        return ', '.join(sorted(found))


def markdown(table: Table) -> str:
    """The table in Markdown."""
    columns = [*table.columns, 'gap closed']
    lines = [
        f'Suite {table.name}, seeds {", ".join(map(str, table.seeds))}; % on held-out target '
        'frames.',
        '',
        '| row | ' + ' | '.join(columns) + ' | seeds |',
        '|---|' + '---|' * (len(columns) + 1),
    ]
    for row in table.rows:
        cells = [*(table.cell(row, column) for column in columns), str(table.count(row))]
        lines.append(f'| {title(row)} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines) + '\n'
