"""Atomic writes: whole files or none, whoever else writes and whatever fails."""

import json
import os

import pytest

from semgan_aug.core import files


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / 'a.json'
    files.write_bytes(path, b'old')

    def fail(*_):
        raise OSError('disk full')

    monkeypatch.setattr(os, 'replace', fail)
    with pytest.raises(OSError, match='disk full'):
        files.write_bytes(path, b'new')
    assert path.read_bytes() == b'old' and os.listdir(tmp_path) == ['a.json']


def test_the_place_is_taken_by_a_whole_file(tmp_path, monkeypatch):
    path, replace, seen = tmp_path / 'a', os.replace, []

    def look(part, place):
        seen.append((path.exists(), part.read_bytes(), part.parent == path.parent))
        replace(part, place)

    monkeypatch.setattr(os, 'replace', look)
    files.write_bytes(path, b'x' * 10**6, sync=True)
    assert seen == [(False, b'x' * 10**6, True)] and path.read_bytes() == b'x' * 10**6


def test_json(tmp_path):
    files.write_json(tmp_path / 'a.json', dict(b=[1, 2.5], a=None))
    assert (tmp_path / 'a.json').read_text() == (
        '{\n  "b": [\n    1,\n    2.5\n  ],\n  "a": null\n}\n'
    )
    with pytest.raises(TypeError):
        files.write_json(tmp_path / 'a.json', dict(a={1, 2}))
    assert json.loads((tmp_path / 'a.json').read_text())['b'] == [1, 2.5]


def test_mmengine_saves_through_it(tmp_path):
    from mmengine import fileio

    path = tmp_path / 'new folder' / 'a.pth'
    fileio.put(b'weights', str(path), backend_args=dict(backend=files.NAME))
    assert path.read_bytes() == b'weights' and os.listdir(path.parent) == ['a.pth']


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    backend, path = files.AtomicLocalBackend(), tmp_path / 'sub' / 'a.pth'
    backend.put(b'first', path)

    def disk_full(fd):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(files.os, 'fsync', disk_full)
    with pytest.raises(OSError, match='No space'):
        backend.put(b'second', path)
    assert path.read_bytes() == b'first'
    assert [p.name for p in path.parent.iterdir()] == ['a.pth']
