"""The cache of SemGANTranslate, filled before a training."""

import shutil

import numpy as np
import pytest
import tiny
import torch
from mmseg.registry import DATASETS
from offline_data import LOAD, config

from semgan_aug import load_translator
from semgan_aug.online.transform import SemGANTranslate


@pytest.mark.slow
def test_training_reads_all_frames_from_a_filled_cache(training, translate_tool):
    path, cfg = training(
        before=[dict(type='Resize', scale=(16, 12))],
        after=[dict(type='RandomFlip', prob=0.5), dict(type='PhotoMetricDistortion')],
    )
    assert '12 translations were added to the cache, 0 were there' in translate_tool(
        '--cache', path
    )
    dataset = DATASETS.build(cfg)
    (step,) = (t for t in dataset.pipeline.transforms if isinstance(t, SemGANTranslate))
    step._translate = lambda *_: pytest.fail('translated')
    cfg['pipeline'][3]['cache_dir'] = ''
    fresh = DATASETS.build(cfg)
    for seed in range(8):
        for i in range(len(dataset)):
            found = []
            for one in (dataset, fresh):
                np.random.seed(seed)
                found.append(one[i])
            assert torch.equal(*(f['inputs'] for f in found))
    assert step.translators[0].cache.counts.missing == step.translators[0].cache.counts.broken == 0
    assert step.translators[0].cache.counts.read == 32
    # Again: nothing to do, but for what was broken or lost.
    files = sorted(step.translators[0].cache.folder.rglob('*.pair'))
    assert len(files) == 12
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:-1])
    assert '2 translations were added to the cache, 10 were there' in translate_tool(
        '--cache', path
    )


def test_ranks_share_the_filling(training, translate_tool, monkeypatch):
    path, _ = training(style=1)
    for rank in '01':
        monkeypatch.setenv('RANK', rank)
        monkeypatch.setenv('WORLD_SIZE', '2')
        assert '2 translations were added to the cache, 0 were' in translate_tool('--cache', path)


def test_unreadable_frames_of_a_filling_are_listed(tmp_path, ckpt, translate_tool):
    tiny.write_frames(tmp_path / 'src', [np.full((16, 24), n) for n in (1, 2, 3)])
    (tmp_path / 'src/images/0.png').write_bytes(b'no image')
    tiny.write_frames(tmp_path / 'ids', [np.full((16, 24), 99)])
    shutil.copy(tmp_path / 'ids/labels/0.png', tmp_path / 'src/labels/2.png')
    step = dict(type='SemGANTranslate', ckpt=str(ckpt))
    classes = load_translator(ckpt).classes
    cfg = tiny.folder_dataset(tmp_path / 'src', classes, [*LOAD, step])
    said = translate_tool('--cache', config(tmp_path, cfg))
    assert '4 translations were added to the cache' in said and '2 frames could not be' in said
    assert 'images/0.png' in said and 'holds the ids [99]' in said and said.endswith('\n1')
