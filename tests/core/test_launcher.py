"""The launcher of this process."""

import os
import sys

import pytest
import tiny

from semgan_aug.core.launcher import LAUNCHER, launcher_has_died


@pytest.mark.slow
def test_it_is_read_as_the_package_is_imported():
    assert os.getppid() == LAUNCHER
    code = 'import semgan_aug; print("launcher", semgan_aug.core.launcher.LAUNCHER)'
    done = tiny.call(sys.executable, '-c', code, cwd=tiny.REPO)
    assert f'launcher {os.getpid()}' in done.stdout


def test_a_process_whose_launcher_has_died_gets_another_parent(monkeypatch):
    assert not launcher_has_died() and not launcher_has_died(LAUNCHER)
    assert launcher_has_died(LAUNCHER + 1)
    monkeypatch.setattr(os, 'getppid', lambda: 1)
    assert launcher_has_died() and launcher_has_died(LAUNCHER)
