"""Workers stop when their launcher has died; with real processes: test_resume.py."""

import os

import pytest

from semgan_aug.engine.hooks import OrphanHook


@pytest.mark.parametrize('launcher, stops', [(None, False), (os.getppid(), False), (1, True)])
@pytest.mark.parametrize('after', ['after_train_iter', 'after_val_iter'])
def test_it_ends_the_process_at_once(monkeypatch, launcher, stops, after):
    codes = []
    monkeypatch.setattr(os, '_exit', codes.append)
    getattr(OrphanHook(launcher), after)(None, 0)
    assert codes == [1] * stops
