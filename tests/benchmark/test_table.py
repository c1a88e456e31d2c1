"""The numbers of the table, by hand."""

import math

import pytest
from tiny_suite import ORACLE, SEMGAN, SOURCE, result, results

from semgan_aug.benchmark.table import Table, gap_closed, markdown, scores


def test_gap_closed_by_hand():
    rows = {
        name: dict(mIoU=value)
        for name, value in dict(source_only=11.65, semgan=21.71, oracle=26.61).items()
    }
    # The paper's own: (21.71 - 11.65) / (26.61 - 11.65) = 10.06 / 14.96 = 0.672
    assert gap_closed(rows, 'semgan') == 0.672
    assert gap_closed(rows, 'source_only') == 0 and gap_closed(rows, 'oracle') == 1
    for oracle in (11.65, 10.0):  # no gap, or less than none
        rows['oracle'] = dict(mIoU=oracle)
        assert math.isnan(gap_closed(rows, 'semgan'))


def test_scores():
    metrics = result(40.0, 80.0, road=60.0, sky=50.0, train=None)['metrics']
    subsets = {'mIoU-2': ['road', 'sky'], 'mIoU-3': ['road', 'sky', 'train']}
    assert scores(metrics, subsets) == {
        'mIoU': 40.0,
        'accuracy': 80.0,
        'mIoU-2': 55.0,
        'mIoU-3': 55.0,  # a class that no frame shows does not count
    }


def test_means_and_deviations_over_two_seeds():
    table = Table(results(source_only=SOURCE, semgan=SEMGAN, oracle=ORACLE))
    # Deviations of two values are |a - b| / sqrt 2. The gap is that of the means: 7 / 15 = 46.7 %.
    assert markdown(table).splitlines() == [
        'Suite tiny, seeds 0, 1; % on held-out target frames.',
        '',
        '| row | mIoU | mIoU-2 | accuracy | gap closed | seeds |',
        '|---|---|---|---|---|---|',
        '| source only | 15.0 ± 7.1 | 20.0 ± 7.1 | 40.0 ± 0.0 | 0.0 % | 2 |',
        '| SemGAN | 22.0 ± 8.5 | 27.0 ± 8.5 | 51.0 ± 1.4 | 46.7 % | 2 |',
        '| target oracle | 30.0 ± 0.0 | 35.0 ± 0.0 | 60.0 ± 0.0 | 100.0 % | 2 |',
    ]
    assert table.class_iou('semgan', 'sky') == 32 and table.class_iou('semgan', 'train') is None
    assert table.seed_rows(1)['semgan'] == {'mIoU': 28, 'accuracy': 52, 'mIoU-2': 33}


def test_an_oracle_below_source_only_leaves_no_gap():
    # Means 12.5 and 15; the oracle is above source only in seed 1 alone.
    table = Table(results(source_only=SOURCE, semgan=SEMGAN, oracle=[(5, 60), (20, 60)]))
    assert markdown(table).count('| – |') == 3
    assert table.best('mIoU') == 'semgan' and table.best('gap closed') is None


def test_a_row_without_one_seed():
    """The other seed counts, and the table says so; it does not compete for the best."""
    table = Table(results(source_only=SOURCE, semgan=[(16, 50), None], oracle=[(5, 9), (20, 9)]))
    assert '| SemGAN | 16.0 | 21.0 | 50.0 | – | 1 |' in markdown(table).splitlines()
    assert table.best('mIoU') == 'source_only'


@pytest.mark.parametrize('missing', ['source_only', 'oracle'])
def test_no_gap_without_both_ends(missing):
    rows = dict(source_only=SOURCE, semgan=SEMGAN, oracle=ORACLE)
    del rows[missing]
    assert Table(results(**rows)).cell('semgan', 'gap closed') == '–'
