"""The tool that measures translation, at toy size: all is measured, nothing is made up."""

import json
import runpy

import cv2
import pytest
import tiny

from semgan_aug import load_translator
from semgan_aug.benchmark.speed.loader import write_frames
from semgan_aug.benchmark.speed.training_loop import WAYS, write_translator
from semgan_aug.benchmark.speed.translation import measure_offline

SETTING = dict(
    config=tiny.REPO / 'mmseg_configs' / 'unet' / 'unet_w16_250_game2camera-96x160.py',
    frame=(48, 64),
    crop=(32, 48),
    generator=dict(base_channels=4, num_blocks=1, amp_dtype='bfloat16'),
    compile=False,
    frames=2,
    batch_size=2,
    workers=1,
    warm_up=1,
    iterations=2,
    rounds=1,
    memory=[(512, 512)],
)


@pytest.fixture(scope='module')
def tool():
    return runpy.run_path(str(tiny.REPO / 'tools' / 'benchmark_translation.py'), run_name='tool')


def test_all_that_is_measured(tool, capsys):
    result = tool['measure']('cpu', SETTING, None)
    assert set(result['throughput_ratio']) == set(WAYS[1:]) == set(WAYS) - {'none'}
    seconds = result['training']['seconds_per_iteration']
    for way, ratio in result['throughput_ratio'].items():
        assert ratio == pytest.approx(seconds['none'] / seconds[way], rel=0.02)
    offline = result['offline']
    assert result['floor_share'] == offline['floor_share'] > 0
    assert offline['floor_seconds'] / offline['seconds_per_frame'] == pytest.approx(
        offline['floor_share'], rel=0.2, abs=2e-3
    )
    assert set(result['seconds_without_network']) == {'FDA', 'Lab'}
    assert all(row['whole_mib'] > 10 and row['bands_mib'] > 0 for row in result['memory'])
    tool['show'](result)
    assert 'cache_warm' in capsys.readouterr().out
    json.dumps(result)


def test_more_pixels_are_more_work(tmp_path):
    """FLOPs grow with the pixels, padding aside."""
    found = []
    for size in ((64, 64), (64, 128)):
        folder = tmp_path / str(size)
        folder.mkdir()
        write_frames(folder, 1, size, 3)
        write_translator(folder / 't.safetensors', list('abc'), dict(base_channels=4, num_blocks=1))
        found.append(measure_offline(folder / 't.safetensors', folder, 'cpu')['tflop'])
        assert cv2.imread(str(folder / 'labels' / '0.png'), 0).max() < 3
    assert found[1] == pytest.approx(2 * found[0], abs=1e-4)


def test_the_translator_is_one(tmp_path):
    write_translator(tmp_path / 't.safetensors', list('abc'), dict(base_channels=4, num_blocks=1))
    assert load_translator(tmp_path / 't.safetensors').colors.count == 20


@pytest.mark.parametrize(
    'arguments, message',
    [
        (('--rounds', 0), 'rounds 0'),
        (('--workers', -1), 'workers -1'),
        (('--json', 'no/such/folder/a.json'), 'a file in a folder that exists is needed'),
        (('--json', 'tests'), 'a file in a folder that exists is needed'),
        (('--config', 'README.md'), '--config is README.md, but a config with'),
        (('--config', 'mmseg_configs/default.py'), '--config is mmseg_configs/default.py, but'),
        (('--ckpt', 'none.pth', '--rounds', 1), 'there is no checkpoint at none.pth'),
    ],
)
def test_wrong_arguments(run_tool, arguments, message):
    out = run_tool('benchmark_translation', *arguments)
    assert message in out
    tiny.assert_one_sentence(out.strip().splitlines()[-1])
