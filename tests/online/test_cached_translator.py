"""A translator and its cache: the right frame under the right key, whatever process asks."""

import pickle
import warnings

import numpy as np
import pytest
import tiny
import torch
from online_training import loaded

from semgan_aug import load_translator
from semgan_aug.online import SemGANTranslate
from semgan_aug.translator.checkpoint import CheckpointError


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


def test_reading_needs_no_network(ckpt, pair, step):
    """A worker that finds all its frames never loads the weights."""
    first = step(loaded(pair))['img']
    copy = pickle.loads(pickle.dumps(step))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert np.array_equal(copy(loaded(pair))['img'], first)
    assert copy.translators[0]._translator is None
    assert load_translator(ckpt).digest == copy.translators[0].digest
