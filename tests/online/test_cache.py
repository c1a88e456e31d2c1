"""Translated frames on disk: right, whole, shared, and never in the way."""

import errno
import multiprocessing
import os
import signal
import time
import warnings

import cv2
import numpy as np
import pytest
from cache_content import KEY, content, fill, keys
from online_training import loaded

from semgan_aug.online import SemGANTranslate, cache_folder
from semgan_aug.online import cache as cache_module
from semgan_aug.online.cache import TranslationCache
from semgan_aug.online.cache_entry import encode_entry


@pytest.fixture
def cache(tmp_path):
    return TranslationCache.open(tmp_path / 'cache', b'settings', 10**9, 'png')


@pytest.mark.parametrize('size', [(1, 1), (3, 7), (16, 24)])
def test_what_is_written_is_read(cache, size):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    ids = rng.integers(0, 256, size, dtype=np.uint8)
    assert cache.read(KEY) is None
    cache.write(KEY, image, ids)
    found = cache.read(KEY)
    assert np.array_equal(found[0], image) and np.array_equal(found[1], ids)
    assert vars(cache.counts) == dict(read=1, missing=1, broken=0, written=1)


def test_jpeg_keeps_the_classes_and_nearly_the_image(tmp_path):
    cache = TranslationCache.open(tmp_path, b'', 10**9, 'jpeg')
    image = cv2.GaussianBlur(content(KEY)[0], (0, 0), 4)
    cache.write(KEY, image, content(KEY)[1])
    found = cache.read(KEY)
    assert np.array_equal(found[1], content(KEY)[1])
    assert 0 < np.abs(found[0].astype(int) - image).mean() < 2


def test_a_flipped_bit_is_noticed_and_mended(step, pair):
    """In 100 places of an entry, headers and images alike."""
    expected = step(loaded(pair))['img']
    (path,) = cache_folder.files(step.cache_dir)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for bit in rng.choice(8 * len(whole), 100, replace=False):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        assert np.array_equal(step(loaded(pair))['img'], expected)
        assert path.read_bytes() == whole
    assert (
        step.translators[0].cache.counts.broken == 100
        and step.translators[0].cache.counts.read == 0
    )


def test_jpeg_serves_the_same_the_first_time(ckpt, pair, tmp_path):
    step = SemGANTranslate(ckpt, style=0, cache_dir=str(tmp_path), cache_format='jpeg')
    first, again = step(loaded(pair))['img'], step(loaded(pair))['img']
    assert np.array_equal(first, again) and step.translators[0].cache.counts.read == 1
    full = SemGANTranslate(
        ckpt, style=0, cache_dir=str(tmp_path / 'b'), cache_format='jpeg', cache_max_bytes=0
    )
    with pytest.warns(UserWarning, match='takes no more frames'):
        assert np.array_equal(full(loaded(pair))['img'], first)


def test_writers_keep_to_max_bytes_together(tmp_path):
    entry = len(encode_entry(keys(1)[0], *content(keys(1)[0]), 'png'))
    limit = 60 * entry

    def write(number):
        cache = TranslationCache.open(tmp_path, b'settings', limit, 'png')
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            for i in range(60):
                cache.write(bytes([number, i]) + bytes(14), *content(keys(1)[0]))

    writers = [
        multiprocessing.get_context('fork').Process(target=write, args=(n,)) for n in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert 0.9 * limit < cache_folder.total_bytes(tmp_path) < 1.15 * limit


def test_a_folder_in_the_place_of_a_frame(tmp_path):
    """That frame is not kept; the others are."""
    cache = TranslationCache.open(tmp_path, b'settings', 10**9, 'png')
    cache.path(KEY).mkdir(parents=True)
    cache.write(KEY, *content(KEY))
    assert cache.full is None and cache.read(KEY) is None
    cache.write(KEY[::-1], *content(KEY[::-1]))
    assert cache.read(KEY[::-1]) is not None


def test_full_disk_is_warned_of_once(step, pair, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(cache_module, 'write_bytes', full)
    with pytest.warns(UserWarning, match='the disk is full') as caught:
        results = [step(loaded(pair)) for _ in range(3)]
    assert len(caught) == 1 and 'training goes on' in str(caught[0].message)
    assert all(np.array_equal(r['img'], results[0]['img']) for r in results)
    assert list(cache_folder.files(step.cache_dir)) == []


def test_unwritable_folder(ckpt, pair, tmp_path):
    (tmp_path / 'file').write_text('')
    step = SemGANTranslate(ckpt, cache_dir=str(tmp_path / 'file'))
    with pytest.warns(UserWarning, match='takes no more frames'):
        step(loaded(pair))


def test_no_more_than_max_bytes(tmp_path):
    size = len(encode_entry(keys(1)[0], *content(keys(1)[0]), 'png'))
    cache = TranslationCache.open(tmp_path, b'', int(3.5 * size), 'png')
    with pytest.warns(UserWarning, match='cache_max_bytes') as caught:
        for key in keys(6):
            cache.write(key, *content(key))
    assert len(caught) == 1
    assert 3 * size * 0.98 < cache_folder.total_bytes(tmp_path) <= 3.5 * size
    # Another translator's frames count as well.
    other = TranslationCache.open(tmp_path, b'other', int(3.5 * size), 'png')
    with pytest.warns(UserWarning, match='cache_max_bytes'):
        other.write(KEY, *content(KEY))


def test_eight_processes_fill_one_cache(tmp_path):
    context = multiprocessing.get_context('fork')
    writers = [context.Process(target=fill, args=(tmp_path, 40)) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [w.exitcode for w in writers] == [0] * 8
    cache = TranslationCache.open(tmp_path, b'settings', 10**9, 'png')
    for key in keys(40):
        assert np.array_equal(cache.read(key)[0], content(key)[0])
    assert not list(tmp_path.rglob('*.part'))


@pytest.mark.slow
def test_killed_while_writing(tmp_path):
    """50 times kill -9; what is there afterwards is whole, and parts can be cleared away."""
    context = multiprocessing.get_context('fork')
    rng = np.random.default_rng(0)
    for _ in range(50):
        writer = context.Process(target=fill, args=(tmp_path, 10**6, 256))
        writer.start()
        time.sleep(0.02 + 0.05 * rng.random())
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
    cache = TranslationCache.open(tmp_path, b'settings', 10**9, 'png')
    found = list(cache_folder.files(tmp_path))
    assert found
    for path in found:
        key = bytes.fromhex(path.stem)
        assert np.array_equal(cache.read(key)[0], content(key, 256)[0])
    assert cache.counts.broken == 0
    for part in cache_folder.abandoned(tmp_path, seconds=0):
        part.unlink()
    assert not list(tmp_path.rglob('*.part'))
