"""The speed of translation, at toy size: everything is measured, nothing is made up."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import tiny

from semgan_aug import load_translator
from semgan_aug.benchmark.speed import machine, translation
from semgan_aug.benchmark.speed.translation import (
    WAYS,
    TranslationSetting,
    measure_offline,
    write_translator,
)
from semgan_aug.core.errors import InputError
from semgan_aug.translator.translator import Translator

CONFIGS = tiny.REPO / 'mmseg_configs'
TINY = TranslationSetting(
    config=str(CONFIGS / 'unet' / 'unet_w16_250_game2camera-96x160.py'),
    frame=(48, 64),
    crop=(32, 48),
    base_channels=4,
    num_blocks=1,
    workers=0,  # processes take seconds to start
    iterations=1,
    rounds=1,
    memory=((64, 64),),
)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Toy sizes; and no compiler, which would take a minute."""

    def no_compiler(self):
        raise InputError('no compiler here')

    monkeypatch.setattr(Translator, 'compile', no_compiler)
    monkeypatch.setattr(machine, 'MIN_SECONDS', 1e-3)
    monkeypatch.setitem(machine.MATRIX_SIZE, 'cpu', 64)


@pytest.mark.slow
def test_all_that_is_measured(monkeypatch, run_tool, tmp_path):
    monkeypatch.setitem(translation.SETTINGS, 'cpu', TINY)
    # In this process: another one would import everything first.
    monkeypatch.setattr(translation, 'peak_mib', lambda device, work, *args: work(*args) or 1)
    printed = run_tool('benchmark_speed', 'translation', '--json', tmp_path / 's.json')
    result = json.loads((tmp_path / 's.json').read_text())
    assert set(result['throughput_ratio']) == set(WAYS[1:]) == set(WAYS) - {'none'}
    seconds = result['seconds_per_iteration']
    for way, ratio in result['throughput_ratio'].items():
        assert ratio == pytest.approx(seconds['none'] / seconds[way], rel=0.02)
    (offline,) = result['offline']
    assert offline['name'] == 'eager' and offline['dtype'] == 'bfloat16'
    assert result['mfu'] == offline['mfu'] >= 0 and offline['seconds'] > 0
    assert result['memory'] == [dict(size=[64, 64], whole_mib=1, strips_mib=1)]
    assert result['setting']['config'] == 'unet_w16_250_game2camera-96x160'
    assert 'cache_warm' in printed and 'no compiler here' in printed


def test_compiled_and_eager_are_rows(monkeypatch, tmp_path):
    monkeypatch.setattr(Translator, 'compile', lambda self: None)
    write_translator(tmp_path / 't.safetensors', 4, 1)
    rows = measure_offline(tmp_path / 't.safetensors', TINY)
    assert [row['name'] for row in rows] == ['eager', 'compiled']
    assert rows[0]['tflop'] == rows[1]['tflop']


def test_more_pixels_are_more_work(tmp_path):
    """FLOPs grow with the pixels, padding aside."""
    write_translator(tmp_path / 't.safetensors', 4, 1)
    found = [
        measure_offline(tmp_path / 't.safetensors', replace(TINY, frame=size))[0]['tflop']
        for size in ((64, 64), (64, 128))
    ]
    assert found[1] == pytest.approx(2 * found[0], abs=1e-4)


def test_the_translator_is_one(tmp_path):
    write_translator(tmp_path / 't.safetensors', 4, 1)
    assert load_translator(tmp_path / 't.safetensors').colors.count == 20


@pytest.mark.parametrize('device', translation.SETTINGS)
def test_the_segmenter_is_there(device):
    assert Path(translation.SETTINGS[device].config).is_file()


@pytest.mark.parametrize(
    'arguments, message',
    [
        (('--rounds', 0), '--rounds is 0'),
        (('--iterations', 0), '--iterations is 0'),
        (('--workers', -1), '--workers is -1'),
        (('--json', 'no/such/folder/a.json'), 'a file in a folder that exists is needed'),
    ],
)
def test_wrong_arguments(run_tool, arguments, message):
    out = run_tool('benchmark_speed', 'translation', *arguments)
    assert message in out
    tiny.assert_one_sentence(out)
