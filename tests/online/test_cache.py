"""Translated frames on disk: right, whole, shared, and never in the way."""

import errno
import multiprocessing
import os
import pickle
import signal
import time
import warnings

import cv2
import numpy as np
import pytest
import tiny
import torch

from semgan_aug import load_translator
from semgan_aug.online import cache as cache_module
from semgan_aug.online.cache import BrokenEntryError, TranslationCache, decode_entry, encode_entry
from semgan_aug.online.transform import SemGANTranslate
from semgan_aug.translator.checkpoint import CheckpointError

KEY = bytes(range(16))


def loaded(pair):
    return dict(img=pair[0].copy(), gt_seg_map=pair[1].copy(), img_path='7.png')


@pytest.fixture
def cache(tmp_path):
    return TranslationCache.open(tmp_path / 'cache', b'settings', 10**9, 'png')


@pytest.fixture
def step(ckpt, tmp_path):
    return SemGANTranslate(ckpt, style=0, cache_dir=str(tmp_path / 'cache'))


def keys(count):
    return [i.to_bytes(16, 'little') for i in range(count)]


def fill(folder, count, size=64):
    """Writes entries whose content follows from their keys, as one of several writers."""
    cache = TranslationCache.open(folder, b'settings', 10**9, 'png')
    for i in range(count):
        key = i.to_bytes(16, 'little')
        cache.write(key, *content(key, size))
    assert cache.full is None


def content(key, size=64):
    rng = np.random.default_rng(list(key))
    return (
        rng.integers(0, 256, (size, size, 3), dtype=np.uint8),
        rng.integers(0, 10, (size, size), dtype=np.uint8),
    )


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


def test_frames_come_from_the_cache(step, pair, monkeypatch):
    first = step(loaded(pair))
    monkeypatch.setattr(
        step.translators[0].translator, 'translate', lambda *a, **k: pytest.fail('not cached')
    )
    again = step(loaded(pair))
    assert np.array_equal(again['img'], first['img'])
    assert np.array_equal(again['gt_seg_map'], first['gt_seg_map'])
    assert (step.translators[0].cache.counts.read, step.translators[0].cache.counts.written) == (
        1,
        1,
    )


def test_cached_or_not_is_the_same(ckpt, pair, step):
    plain = SemGANTranslate(ckpt, style=0, cache_dir='')
    assert plain.translators[0].cache is None
    for _ in range(2):
        assert np.array_equal(step(loaded(pair))['img'], plain(loaded(pair))['img'])
    # Variants, too: the same draws give the same frames, whatever lies in the cache.
    runs = []
    for cache_dir in ('', step.cache_dir, step.cache_dir):
        np.random.seed(0)
        varied = SemGANTranslate(ckpt, variants=3, cache_dir=cache_dir)
        runs.append([varied(loaded(pair))['img'].tobytes() for _ in range(12)])
    # Three draws among the two target frames of the tiny translator.
    assert runs[0] == runs[1] == runs[2] and 1 < len(set(runs[0])) <= 3


def test_nothing_else_is_served(step, pair, ckpt, tmp_path):
    """One pixel, one label, another style or another checkpoint: another entry."""
    step(loaded(pair))
    image, ids = pair[0].copy(), pair[1].copy()
    image[0, 0, 0] ^= 1
    step(loaded((image, pair[1])))
    ids[10, 10] = (ids[10, 10] + 1) % 10
    step(loaded((pair[0], ids)))
    step(loaded((image.reshape(24, 16, 3), pair[1].reshape(24, 16))))
    other = SemGANTranslate(ckpt, style=1, cache_dir=step.cache_dir)
    other(loaded(pair))
    checkpoint = torch.load(ckpt, weights_only=True)
    name = next(n for n in checkpoint['state_dict'] if n.startswith('G.'))
    checkpoint['state_dict'][name] += 1
    torch.save(checkpoint, tmp_path / 'other.pth')
    retrained = SemGANTranslate(tmp_path / 'other.pth', style=0, cache_dir=step.cache_dir)
    retrained(loaded(pair))
    written = [s.translators[0].cache.counts.written for s in (step, other, retrained)]
    assert written == [4, 1, 1] and step.translators[0].cache.counts.read == 0
    # The optimizer's state and the name of the file make no difference.
    checkpoint = torch.load(ckpt, weights_only=True)
    checkpoint.pop('optimizer')
    torch.save(checkpoint, tmp_path / 'moved.pth')
    moved = SemGANTranslate(tmp_path / 'moved.pth', style=0, cache_dir=step.cache_dir)
    moved(loaded(pair))
    assert moved.translators[0].cache.counts.read == 1


def test_checkpoint_replaced_while_in_use(ckpt, pair, tmp_path):
    path = tmp_path / 'c.pth'
    checkpoint = torch.load(ckpt, weights_only=True)
    torch.save(checkpoint, path)
    step = SemGANTranslate(path, cache_dir='')
    step.translators[0]._translator = None  # as in a spawned worker
    next(v for n, v in checkpoint['state_dict'].items() if n.startswith('G.')).add_(1)
    torch.save(checkpoint, path)
    with pytest.raises(CheckpointError, match='was replaced by another checkpoint') as error:
        step(loaded(pair))
    tiny.assert_one_sentence(str(error.value))


def test_a_flipped_bit_is_noticed_and_mended(step, pair):
    """In 100 places of an entry, headers and images alike."""
    expected = step(loaded(pair))['img']
    (path,) = cache_module.files(step.cache_dir)
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


@pytest.mark.parametrize('cut', [0, 3, 40, -1])
def test_cut_or_foreign_files_are_broken(cut):
    data = encode_entry(KEY, *content(KEY), 'png')
    with pytest.raises(BrokenEntryError):
        decode_entry(data[:cut], KEY)
    with pytest.raises(BrokenEntryError, match='something else'):
        decode_entry(data, bytes(16))


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
    assert 0.9 * limit < cache_module.total_bytes(tmp_path) < 1.15 * limit


def test_files_that_vanish_while_counting(tmp_path, monkeypatch):
    fill(tmp_path, 3)
    there = list(cache_module.files(tmp_path))
    monkeypatch.setattr(cache_module, 'files', lambda root: [*there, tmp_path / 'gone.pair'])
    cache = TranslationCache.open(tmp_path, b'settings', 10**9, 'png')
    cache.write(KEY, *content(KEY))
    assert cache.full is None and cache.read(KEY) is not None


def test_files_of_others_stay(tmp_path, run_tool):
    fill(tmp_path, 2)
    others = [tmp_path / 'notes.pair', tmp_path / 'keys' / 'ab' / 'my.pair']
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('mine')
    (tmp_path / 'folder.pair').mkdir()
    assert '2 frames are whole, 0 were broken, 0 cannot be read' in run_tool(
        'translation_cache', 'verify', '--cache-dir', tmp_path
    )
    assert '2 frames deleted' in run_tool('translation_cache', 'clear', '--cache-dir', tmp_path)
    assert [path.read_text() for path in others] == ['mine'] * 2


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
    assert list(cache_module.files(step.cache_dir)) == []


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
    assert 3 * size * 0.98 < cache_module.total_bytes(tmp_path) <= 3.5 * size
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
    found = list(cache_module.files(tmp_path))
    assert found
    for path in found:
        key = bytes.fromhex(path.stem)
        assert np.array_equal(cache.read(key)[0], content(key, 256)[0])
    assert cache.counts.broken == 0
    for part in cache_module.abandoned(tmp_path, seconds=0):
        part.unlink()
    assert not list(tmp_path.rglob('*.part'))


def test_tool(tmp_path, run_tool):
    def tool(*args):
        return run_tool('translation_cache', *args, '--cache-dir', tmp_path / 'c')

    assert 'a folder that exists is needed' in tool('info')
    fill(tmp_path / 'c', 10)
    assert ': 10 frames' in tool('info')
    assert '10 frames are whole, 0 were broken, 0 cannot be read\n' in tool('verify')
    path = next(cache_module.files(tmp_path / 'c'))
    path.write_bytes(path.read_bytes()[:-9])
    said = tool('verify')
    assert f'deleted {path}' in said
    assert '9 frames are whole, 1 were broken, 0 cannot be read\n1' in said
    path.symlink_to(path)  # cannot be read
    said = tool('verify')
    assert f'{path} cannot be read (Too many levels of symbolic links); see to' in said
    assert '9 frames are whole, 0 were broken, 1 cannot be read\n1' in said
    path.unlink()
    path.mkdir()  # nobody's frame
    size = cache_module.total_bytes(tmp_path / 'c')
    assert '4 frames deleted' in tool('prune', '--max-bytes', size * 0.6)
    assert '5 frames deleted, 0.0 MB left' in tool('clear')
    assert path.is_dir()
    assert '--max-bytes is -1' in tool('prune', '--max-bytes', '-1')


def test_default_folder(ckpt, monkeypatch, tmp_path):
    assert SemGANTranslate(ckpt).cache_dir == os.environ['SEMGAN_CACHE']
    monkeypatch.setenv('SEMGAN_CACHE', '~/frames')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert SemGANTranslate(ckpt).cache_dir == str(tmp_path / 'frames')
    monkeypatch.delenv('SEMGAN_CACHE')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert SemGANTranslate(ckpt).cache_dir == str(tmp_path / 'semgan_aug')


def test_reading_needs_no_network(ckpt, pair, step):
    """A worker that finds all its frames never loads the weights."""
    first = step(loaded(pair))['img']
    copy = pickle.loads(pickle.dumps(step))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert np.array_equal(copy(loaded(pair))['img'], first)
    assert copy.translators[0]._translator is None
    assert load_translator(ckpt).digest == copy.translators[0].digest
