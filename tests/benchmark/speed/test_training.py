"""The speed of a training step: that the plain steps are what they say, and what is written."""

import json
import runpy
import sys

import pytest
import tiny
import torch
from mmengine.config import Config

from semgan_aug.benchmark.speed import training
from semgan_aug.benchmark.speed.loader import loader_speed, write_frames
from semgan_aug.benchmark.speed.machine import count_flops
from semgan_aug.benchmark.speed.plain_step import plain_semgan_step
from semgan_aug.benchmark.speed.training import optimizers, raw_batch
from semgan_aug.models.networks import ImageGenerator

TOOL = tiny.REPO / 'tools' / 'benchmark_training.py'


def test_the_plain_step_is_the_same_training():
    """Same losses in the same order of networks: two steps, so that the weights count, too."""
    torch.manual_seed(0)
    ours, _ = tiny.build_semgan()
    plain, _ = tiny.build_semgan()
    plain.load_state_dict(ours.state_dict())
    optims = optimizers(ours), optimizers(plain)
    for seed in range(2):
        data = tiny.batch(seed=seed, n=2)
        batch = plain.data_preprocessor(data)
        expected = ours.train_step(data, optims[0])
        found = plain_semgan_step(plain, batch['source'], batch['target'], optims[1])
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert found[name] == pytest.approx(value.item(), rel=2e-4), name


def test_image_generator_is_cyclegans():
    """11.38 M parameters with nearest upsampling and a 3x3 convolution, at the usual width."""
    w, blocks = 64, 9
    convs = [(3, w, 7), (w, 2 * w, 3), (2 * w, 4 * w, 3), *[(4 * w, 4 * w, 3)] * 2 * blocks]
    convs += [(4 * w, 2 * w, 3), (2 * w, w, 3), (w, 3, 7)]
    expected = sum(cin * cout * k * k + cout for cin, cout, k in convs)
    net = ImageGenerator()
    assert sum(p.numel() for p in net.parameters()) == expected == 11_378_179
    assert ImageGenerator(4, 1)(torch.zeros(1, 3, 16, 24)).shape == (1, 3, 16, 24)


def test_flops_by_hand():
    conv = torch.nn.Conv2d(3, 5, 3, padding=1)
    image = torch.zeros(2, 3, 8, 8)  # asks for no gradient of its own
    forward = 2 * 2 * 8 * 8 * 5 * 3 * 9
    assert count_flops(lambda: conv(image)) == forward
    assert count_flops(lambda: conv(image).sum().backward()) == 2 * forward


def test_raw_batch_is_what_a_loader_delivers():
    model, optim = tiny.build_semgan()
    assert len(model.train_step(raw_batch(3, 2, (32, 48)), optim)) == 14


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, 'argv', ['benchmark_training.py', *map(str, arguments)])
    runpy.run_path(str(TOOL), run_name='__main__')


def test_report(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(training, 'peak_memory', lambda setting, name: 100 + len(name))
    path = tmp_path / 'speed.json'
    ours = ('bfloat16', 'float32', 'float32+checkpointing')
    run(monkeypatch, '--size', 32, 32, '--rounds', 1, '--json', path, '--ours', *ours)
    result = json.loads(path.read_text())
    assert {'hardware', 'ratio_to_plain_step', 'floor_share', 'rows', 'parts'} <= set(result)
    rows = {row['step']: row for row in result['rows']}
    plain, cycle = rows['plain SemGAN step'], rows['plain CycleGAN step']
    assert list(rows)[:3] == [f'ours, {name}' for name in ours]
    first = rows['ours, bfloat16']
    assert result['ratio_to_plain_step'] == first['ratio_to_plain_step']
    assert first['ratio_to_plain_step'] == pytest.approx(
        plain['seconds'] / first['seconds'], rel=0.01
    )
    assert {first['dtype'], plain['dtype']} == {'bfloat16', 'float32'}
    for row in result['rows']:
        # Fewer calls, the same work.
        assert row['tflop'] == (cycle if row is cycle else plain)['tflop'] >= cycle['tflop'] > 0
        share = row['floor_seconds'] / row['seconds']
        assert 0 < row['floor_share'] == pytest.approx(share, rel=0.1)
        assert row['peak_mib'] > 100 and row['device_waits'] is None
    assert set(result['parts']) == {'G forward', 'G backward', 'D', 'optimizers'}
    loader = result['loader']
    assert loader['decode_seconds_per_pair'] > 0 and loader['frames'] == 'PNG, 1914 x 1052'
    assert loader['workers_that_keep_up'] >= loader['seconds_per_pair'] / first['seconds']
    printed = ' '.join(capsys.readouterr().out.split())
    assert 'times as fast as the plain SemGAN step' in printed and 'keep up' in printed


def test_peak_memory_of_a_cpu():
    """Weights, gradients and Adam's two moments are four times the weights, of 4 bytes each."""
    networks = dict(base_channels=32, num_blocks=4), dict(base_channels=32, num_strided=3)
    setting = training.Setting('cpu', (32, 32), 1, *networks)
    weights = sum(p.numel() for p in setting.semgan().parameters())
    found = training.peak_memory(setting, 'float32')
    assert 16 * weights / 2**20 < found < 1000


def test_loader_of_a_config(frames, tmp_path):
    config = tiny.write_semgan_config(tmp_path, frames)
    dataset = Config.fromfile(config).train_dataloader.dataset
    found = loader_speed(dataset, (16, 16), samples=2)
    assert found['frames'] == 'of the config'
    assert 0 < found['decode_seconds_per_pair'] < 0.2 and 0 < found['seconds_per_pair'] < 0.2


def test_frames_cost_what_real_ones_cost(tmp_path):
    """GTA5's PNGs have 1.13 to 1.25 bytes a pixel."""
    write_frames(tmp_path, 1, (263, 478))
    assert 1.1 < (tmp_path / 'images' / '0.png').stat().st_size / (263 * 478) < 1.4


@pytest.mark.parametrize(
    'arguments, message',
    [
        (('--size', 30, 32), 'sides from 32'),
        (('--size', 32, 34), 'multiples of 4'),
        (('--batch', 0), 'batch 0, rounds'),
        (('--ours', 'float8'), "'float8' in 'float8' is unknown"),
        (('--ours', 'bfloat16+fast'), "'fast' in 'bfloat16.fast' is unknown"),
        (('--config', 'nowhere.py'), 'nowhere.py'),
        (
            ('--config', tiny.REPO / 'mmseg_configs/_base_/models/semgan_r9w64.py'),
            'no UnpairedDataset',
        ),
        (('--json', '/nowhere/x.json'), '/nowhere/x.json, but there is no such folder'),
        (('--device', 'cuda'), 'there is no CUDA device'),
    ],
)
def test_wrong_arguments(monkeypatch, arguments, message):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(SystemExit, match=message) as error:
        run(monkeypatch, *arguments)
    tiny.assert_one_sentence(str(error.value))
