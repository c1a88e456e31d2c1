"""The number of CPU cores that a process may use."""

import os

from semgan_aug.core.cores import available_cores


def test_cores_that_the_process_is_restricted_to(monkeypatch):
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: {0, 5}, raising=False)
    monkeypatch.setattr(os, 'cpu_count', lambda: 8)
    assert available_cores() == 2


def test_cores_where_the_system_cannot_say(monkeypatch):
    monkeypatch.delattr(os, 'sched_getaffinity', raising=False)
    monkeypatch.setattr(os, 'cpu_count', lambda: 3)
    assert available_cores() == 3
    monkeypatch.setattr(os, 'cpu_count', lambda: None)
    assert available_cores() == 1
