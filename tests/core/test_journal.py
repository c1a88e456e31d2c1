"""Journals: several writers, lines that were cut, and starts after that."""

import json

from semgan_aug.core.journal import Journal


def test_lines_of_all_writers_in_their_order(tmp_path):
    first, second = Journal(tmp_path, 'rank0'), Journal(tmp_path, 'rank1')
    assert first.read() == [] and list(tmp_path.iterdir()) == []
    for journal, value in ((first, 1), (second, 2), (first, 3)):
        journal.append(dict(value=value))
    # Read while both files are open: a line that was appended is there.
    assert Journal(tmp_path).read() == [dict(value=1), dict(value=3), dict(value=2)]


def test_a_cut_line_costs_that_line(tmp_path):
    journal = Journal(tmp_path)
    for name in 'ab':
        journal.append(dict(name=name))
    journal.close()
    journal.path.write_bytes(journal.path.read_bytes()[:-6])
    with Journal(tmp_path) as again:
        again.append(dict(name='c'))
    assert sorted(line['name'] for line in again.read()) == ['a', 'c']


def test_what_is_no_line_of_ours_is_left_out(tmp_path):
    (tmp_path / 'rank0-1.jsonl').write_bytes(b'[1]\n"x"\n7\n\n\xff\xfe\n{"name": "a"}\n')
    (tmp_path / 'notes.txt').write_text(json.dumps(dict(name='b')))
    assert Journal(tmp_path).read() == [dict(name='a')]


def test_goes_on_after_close_and_can_be_deleted(tmp_path):
    journal = Journal(tmp_path / 'new' / 'folder')
    journal.append(dict(name='a'))
    journal.close()
    journal.append(dict(name='b'))
    assert len(journal.read()) == 2
    journal.delete()
    assert not journal.folder.exists() and journal.read() == []
    journal.delete()
