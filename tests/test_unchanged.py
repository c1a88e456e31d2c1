"""Files of version 0.1.0 (tests/data/before) give the bytes that they gave then."""

import shutil

import numpy as np
import pytest
import tiny
import torch

from semgan_aug import SemGANTranslate, load_translator

BEFORE = tiny.REPO / 'tests' / 'data' / 'before'
CKPT = BEFORE / 'translator.safetensors'


@pytest.fixture
def frame():
    return dict(np.load(BEFORE / 'frame.npz'))


@pytest.fixture
def translated():
    return dict(np.load(BEFORE / 'translated.npz'))


@pytest.mark.parametrize('style', [0, 1, 7])
def test_export(frame, translated, style):
    """Processors round differently, so a gray level may differ; a wrong weight gives many."""
    image, ids = load_translator(CKPT).translate(frame['image'], frame['ids'], style=style)
    assert np.abs(image.astype(int) - translated[f'image_{style}']).max() <= 1
    assert (ids == translated[f'ids_{style}']).mean() > 0.99


def test_digest():
    """Else no frame in a user's cache would be found again."""
    assert load_translator(CKPT).digest.hex() == (
        '4a0625f40d112a4867edf75858e447e170f3dd03372f361fe994f77d5e2ed308'
    )


def test_cache(frame, translated, tmp_path):
    shutil.copytree(BEFORE / 'cache', tmp_path / 'cache')
    step = SemGANTranslate(ckpt=str(CKPT), style=3, cache_dir=str(tmp_path / 'cache'))
    results = step(dict(img=frame['image'], gt_seg_map=frame['ids'], seg_fields=['gt_seg_map']))
    assert step.counts.totals()['cached'] == 1
    assert np.array_equal(results['img'], translated['cached_image_3'])
    assert np.array_equal(results['gt_seg_map'], translated['cached_ids_3'])


@pytest.fixture
def british(ckpt, tmp_path):
    """A training checkpoint with the names of 0.1.0."""
    checkpoint = torch.load(ckpt, weights_only=True)
    state, card = checkpoint['state_dict'], checkpoint['semgan_aug']
    for key in [key for key in state if key.startswith(('colors_T.', 'colors_S.'))]:
        state[key.replace('colors', 'colours')] = state.pop(key)
    card['class_colours'] = card.pop('class_colors')
    path = tmp_path / 'iter_4.pth'
    torch.save(checkpoint, path)
    return path


def test_a_training_checkpoint_loads(british, ckpt):
    old, new = load_translator(british), load_translator(ckpt)
    assert old.digest == new.digest
    assert old.colors is not None and new.colors is not None
    assert torch.equal(old.colors.styles, new.colors.styles)


@pytest.mark.slow
def test_a_training_resumes(british, ckpt, make_runner):
    """The weights of both banks arrive, and training goes on."""
    saved = torch.load(ckpt, weights_only=True)['state_dict']
    options = dict(resume=True, load_from=str(british))
    runner = make_runner(**{'train_cfg.max_iters': 5, **options})
    runner.load_or_resume()
    for bank in ('colors_T', 'colors_S'):
        for name in ('styles', 'count'):
            found = getattr(getattr(runner.model, bank), name)
            assert torch.equal(found, saved[f'{bank}.{name}'])
    runner = make_runner(**{'train_cfg.max_iters': 5, **options})
    runner.train()
    assert runner.iter == 5
