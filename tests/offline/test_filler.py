"""Pipelines whose cache can be filled, and those whose cache cannot."""

import numpy as np
import pytest
import tiny
from mmseg.registry import TRANSFORMS
from offline_data import LOAD, config


@pytest.mark.parametrize(
    'step',
    [
        dict(type='RandomFlip', prob=0.5),
        dict(type='RandomCrop', crop_size=(16, 16)),
        dict(type='PhotoMetricDistortion'),
    ],
)
def test_a_cache_cannot_help_after_random_transforms(training, translate_tool, step):
    path, _ = training(before=[step])
    said = translate_tool('--cache', path)
    assert f'move {step["type"]} after SemGANTranslate' in said
    tiny.assert_one_sentence(said)


def test_random_transforms_of_others_are_noticed(training, translate_tool):
    class Noise:
        def __call__(self, results):
            results['img'] = results['img'] ^ np.random.randint(2, size=1).astype(np.uint8)
            return results

    TRANSFORMS.register_module(name='Grain', module=Noise, force=True)
    path, _ = training(before=[dict(type='Grain')])
    assert 'Noise is random and comes before SemGANTranslate' in translate_tool('--cache', path)


def test_caches_that_cannot_be_filled(training, translate_tool, tmp_path, gta5):
    path, _ = training(cache_dir='')
    assert "SemGANTranslate keeps nothing (cache_dir='', or" in translate_tool('--cache', path)
    path, _ = training(cache_max_bytes=4000)
    with pytest.warns(UserWarning, match='takes no more frames'):
        said = translate_tool('--cache', path)
    assert 'takes no more frames: it holds cache_max_bytes' in said and 'raise cache' in said
    path = config(tmp_path, dict(type='GTA5Dataset', data_root=str(gta5), pipeline=LOAD))
    assert 'so there is no cache to fill' in translate_tool('--cache', path)
