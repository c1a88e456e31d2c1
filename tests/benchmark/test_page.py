"""The page: one file, every number of the table, nothing unescaped."""

import numpy as np
import tiny_suite

from semgan_aug.benchmark.chart import write_chart
from semgan_aug.benchmark.page import Section, write_page
from semgan_aug.benchmark.table import Table


def page(tmp_path, sections=(), **changes):
    rows = dict(source_only=tiny_suite.SOURCE, semgan=tiny_suite.SEMGAN, oracle=tiny_suite.ORACLE)
    table = Table(tiny_suite.results(**rows) | changes)
    write_chart(table, tmp_path / 'chart.svg')
    write_page(table, tmp_path / 'chart.svg', tmp_path / 'index.html', list(sections))
    return (tmp_path / 'index.html').read_text()


def test_scores(tmp_path):
    html = page(tmp_path)
    for text in ('15.0 ± 7.1', '<b>22.0 ± 8.5</b>', '46.7 %', 'target oracle', '77.39'):
        assert text in html
    assert '<b>30.0' not in html  # the oracle does not compete
    assert 'Label consistency' not in html
    assert html.count('data:image/svg+xml;base64,') == 1 and 'data:image/jpeg' not in html
    assert 'http' not in html  # it needs no other file


def test_iou_of_each_class(tmp_path):
    """SemGAN's road is at 22 and its sky at 32; a class that no label shows is a dash."""
    html = page(tmp_path, classes=['road', 'sky', 'train'])
    row = html.split('<h2>IoU of each class</h2>')[1].split('<td>SemGAN</td>')[1].split('</tr>')[0]
    shown = [cell.split('>')[1].split('<')[0].strip() for cell in row.split('<td')[1:]]
    assert shown == ['22', '32', '–']
    assert '#bcd7f2 22%' in row and '#bcd7f2 32%' in row and '#bcd7f2 0%' in row


def test_label_consistency(tmp_path):
    found = dict(kept=99.04, mIoU=50.0, IoU={}, confusions={'sky → building': 1.26})
    html = page(tmp_path, label_consistency=dict(semgan=found))
    assert 'Label consistency' in html and 'sky → building' in html
    assert all(f'<td>{value}</td>' in html for value in ('99.0', '50.0', '1.3'))


def test_pictures(tmp_path):
    image = np.full((4, 6, 3), 128, np.uint8)
    frames = [[('source', image), ('SemGAN', image)], [('target frame', image)]]
    html = page(tmp_path, [Section('Frames', 'What they are.', frames)])
    assert html.count('data:image/jpeg;base64,') == 3 and html.count('class="tiles"') == 2
    assert '<figcaption>target frame</figcaption>' in html and 'What they are.' in html


def test_names_are_escaped(tmp_path):
    image = np.zeros((2, 2, 3), np.uint8)
    sections = [Section('<i>', '<script>alert(1)</script>', [[('"><b>', image)]])]
    html = page(tmp_path, sections, suite='a<b', classes=['<u>'])
    for text in ('<i>', '<script>', '"><b>', 'a<b', '<u>'):
        assert text not in html
    assert '&lt;script&gt;' in html and 'a&lt;b' in html
