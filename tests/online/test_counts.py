"""Counts that workers and their parent share."""

import multiprocessing

import pytest
from torch.utils.data import DataLoader, Dataset

from semgan_aug.online import counts as counts_module
from semgan_aug.online.counts import TranslationCounts


class Counting(Dataset):
    """Ten items, each of which is counted when it is loaded."""

    def __init__(self, counts: TranslationCounts):
        self.counts = counts

    def __len__(self):
        return 10

    def __getitem__(self, index):
        self.counts.add('made', seconds=0.5)
        if index < 3:
            self.counts.add('rejected')
        return index


@pytest.mark.parametrize('workers', [0, 1, 2])
def test_all_workers_are_counted(workers):
    counts = TranslationCounts()
    counts.add('cached', 4)
    list(DataLoader(Counting(counts), num_workers=workers))
    assert counts.totals() == dict(made=10, cached=4, rejected=3, skipped=0)
    assert counts.seconds() == 5.0
    assert str(counts) == (
        '10 frames translated, 4 served from the cache, 3 of them served untranslated '
        '(min_consistency), 0 not drawn'
    )


@pytest.mark.slow
def test_a_spawned_process_counts_in_the_same_memory():
    counts = TranslationCounts()
    process = multiprocessing.get_context('spawn').Process(target=counts.add, args=('made', 7))
    process.start()
    process.join(120)
    assert process.exitcode == 0 and counts.totals()['made'] == 7


def test_rejected_frames_are_counted_each_time_and_named_once(monkeypatch):
    said = []
    monkeypatch.setattr(counts_module, 'print_log', lambda text, logger: said.append(text))
    counts = TranslationCounts()
    for where in 'aba':
        counts.reject(where, 0.254, 0.5)
    assert counts.totals()['rejected'] == 3
    assert said == [
        f'SemGANTranslate: {where} served untranslated: 25.4% of its class map survives '
        'translation, min_consistency is 50.0%'
        for where in 'ab'
    ]


def test_a_kind_that_is_not_counted():
    with pytest.raises(ValueError):
        TranslationCounts().add('nothing')
