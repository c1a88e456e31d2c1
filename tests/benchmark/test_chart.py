"""The bar chart shows the numbers of the table."""

import xml.etree.ElementTree

import pytest
import tiny_suite
from matplotlib.colors import to_hex

from semgan_aug.benchmark.chart import COLORS, draw_chart, write_chart
from semgan_aug.benchmark.table import Table


@pytest.fixture
def table():
    rows = dict(source_only=tiny_suite.SOURCE, semgan=tiny_suite.SEMGAN, oracle=tiny_suite.ORACLE)
    return Table(tiny_suite.results(**rows, source_few=[(17, 50)]))


def test_bars_are_means_and_dots_are_seeds(table):
    (axes,) = draw_chart(table).axes
    assert [bar.get_width() for bar in axes.patches] == [15, 22, 30, 17]
    none, few, all_labels = COLORS.values()
    colors = [to_hex(bar.get_facecolor()) for bar in axes.patches]
    assert colors == [none, none, all_labels, few]
    dots = [collection.get_offsets()[:, 0].tolist() for collection in axes.collections]
    assert dots == [[10, 20], [16, 28], [30, 30]]  # a single seed is its mean
    texts = [text.get_text() for text in axes.texts]
    assert texts == ['15.0 ± 7.1', '22.0 ± 8.5', '30.0 ± 0.0', '17.0']
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ['source only', 'SemGAN', 'target oracle', 'source + target_few']


def test_the_file_is_svg_and_always_the_same(table, tmp_path):
    for name in 'ab':
        write_chart(table, tmp_path / f'{name}.svg')
    assert (tmp_path / 'a.svg').read_bytes() == (tmp_path / 'b.svg').read_bytes()
    text = ' '.join(xml.etree.ElementTree.parse(tmp_path / 'a.svg').getroot().itertext())
    assert 'SemGAN' in text and '22.0 ± 8.5' in text
