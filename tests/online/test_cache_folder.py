"""The files of a cache folder, and the folder that is used by default."""

import os

from cache_content import KEY, content, fill

from semgan_aug.online import SemGANTranslate, cache_folder
from semgan_aug.online.cache import TranslationCache


def test_files_that_vanish_while_counting(tmp_path, monkeypatch):
    fill(tmp_path, 3)
    there = list(cache_folder.files(tmp_path))
    monkeypatch.setattr(cache_folder, 'files', lambda root: [*there, tmp_path / 'gone.pair'])
    cache = TranslationCache.open(tmp_path, b'settings', 10**9, 'png')
    cache.write(KEY, *content(KEY))
    assert cache.full is None and cache.read(KEY) is not None


def test_default_folder(ckpt, monkeypatch, tmp_path):
    assert SemGANTranslate(ckpt).cache_dir == os.environ['SEMGAN_CACHE']
    monkeypatch.setenv('SEMGAN_CACHE', '~/frames')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert SemGANTranslate(ckpt).cache_dir == str(tmp_path / 'frames')
    monkeypatch.delenv('SEMGAN_CACHE')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert SemGANTranslate(ckpt).cache_dir == str(tmp_path / 'semgan_aug')
