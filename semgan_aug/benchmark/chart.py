"""The bar chart of a suite: mIoU of each row."""

import io
from pathlib import Path
from statistics import mean

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ..core.files import write_bytes
from .table import ALL_LABELS, Table, title

#: What the segmenter of a row is trained on beside the source, and the color of its bar.
COLORS = {
    'no target frames': '#4878a8',
    'the few labeled target frames': '#d0803c',
    'all target frames, labeled': '#8a929c',
}
DARK = '#1c2430'


def draw_chart(table: Table) -> Figure:
    """A bar for each row's mean over the seeds, and a dot for each seed if there are several."""
    none, few, all_labels = COLORS.values()
    figure = Figure(figsize=(9, 1.1 + 0.3 * len(table.rows)), layout='constrained')
    axes = figure.subplots()
    axes.invert_yaxis()
    for y, row in enumerate(table.rows):
        values = table.values(row, 'mIoU')
        color = all_labels if row in ALL_LABELS else few if '_few' in row else none
        axes.barh(y, mean(values), height=0.75, color=color)
        if len(values) > 1:
            axes.scatter(values, [y] * len(values), s=9, color=DARK, zorder=2)
        axes.annotate(
            table.cell(row, 'mIoU'),
            (max(values), y),
            (8, 0),
            textcoords='offset points',
            va='center',
        )
    axes.set_yticks(range(len(table.rows)), [title(row) for row in table.rows])
    axes.set_ylim(len(table.rows) - 0.4, -0.6)
    axes.set_xlabel('mIoU on held-out target frames, in %')
    axes.margins(x=0.15)
    axes.set_xlim(left=0)
    axes.spines[['top', 'right', 'left']].set_visible(False)
    axes.tick_params(axis='y', length=0)
    handles = [Patch(color=color, label=label) for label, color in COLORS.items()]
    figure.legend(
        handles=handles,
        loc='outside lower center',
        ncols=3,
        frameon=False,
        title='segmenter trained on',
    )
    return figure


def write_chart(table: Table, path: Path) -> None:
    """Writes the chart as SVG; the same numbers give the same file."""
    file = io.BytesIO()
    with rc_context({'svg.hashsalt': table.name, 'svg.fonttype': 'none'}):
        draw_chart(table).savefig(file, format='svg', metadata=dict(Date=None))
    write_bytes(path, file.getvalue())
