"""The speed of a training step: what is measured, and what the tool writes."""

import dataclasses
import json

import pytest
import tiny
import torch

from semgan_aug.benchmark.speed import loader, machine, training
from semgan_aug.benchmark.speed.training import TrainingSetting, parse_variant, raw_batch

TINY = TrainingSetting(size=(32, 32), base_channels=4, num_blocks=1, rounds=1)


def test_raw_batch_is_what_a_loader_delivers():
    model, optim = TINY.build('float32')
    assert len(model.train_step(raw_batch(2, (32, 48)), optim)) == 14


def test_variants():
    assert parse_variant('float32+compile') == ('float32', ['compile'])
    assert parse_variant('bfloat16') == ('bfloat16', [])


@pytest.fixture
def tiny_tool(monkeypatch, run_tool):
    """``benchmark_speed training`` at toy size, without processes that measure memory."""
    monkeypatch.setattr(training, 'peak_mib', lambda device, work, setting, name: 100 + len(name))
    monkeypatch.setattr(machine, 'MIN_SECONDS', 1e-3)
    monkeypatch.setitem(machine.MATRIX_SIZE, 'cpu', 64)
    monkeypatch.setattr(loader, 'FULL_SIZE', (96, 160))
    monkeypatch.setitem(training.SETTINGS, 'cpu', TINY)
    return lambda *arguments: run_tool('benchmark_speed', 'training', *arguments)


@pytest.mark.slow
def test_report(tiny_tool, tmp_path):
    path = tmp_path / 'speed.json'
    ours = ('bfloat16', 'float32', 'float32+checkpointing')
    printed = tiny_tool('--json', path, '--ours', *ours)
    result = json.loads(path.read_text())
    assert {'hardware', 'versions', 'setting'} <= set(result)
    assert result['setting']['size'] == [32, 32] and result['setting']['ours'] == list(ours)
    rows = {row['name']: row for row in result['rows']}
    plain, cycle = rows['plain SemGAN step'], rows['plain CycleGAN step']
    assert list(rows)[:3] == list(ours)
    first = rows['bfloat16']
    assert result['ratio_to_plain_step'] == first['ratio_to_plain_step']
    assert result['mfu'] == first['mfu']
    assert first['ratio_to_plain_step'] == pytest.approx(
        plain['seconds'] / first['seconds'], rel=0.02
    )
    assert {first['dtype'], plain['dtype']} == {'bfloat16', 'float32'}
    for row in result['rows']:
        # Fewer calls, the same work.
        assert row['tflop'] == (cycle if row is cycle else plain)['tflop'] >= cycle['tflop'] > 0
        assert row['mfu'] >= 0
    assert result['peak_mib'] == {name: 100 + len(name) for name in rows}
    assert set(result['parts']) == {'G forward', 'G backward', 'D', 'optimizers'}
    assert min(result['parts'].values()) > 0
    assert result['loader_seconds_per_pair'] > 0 and result['workers_that_keep_up'] >= 1
    assert 'ratio_to_plain_step' in printed and 'workers_that_keep_up' in printed


@pytest.mark.slow
def test_a_failure_loses_nothing_of_what_was_measured(tiny_tool, tmp_path, monkeypatch):
    def fail(*arguments):
        raise RuntimeError('out of memory')

    monkeypatch.setattr(training, 'peak_mib', fail)
    path = tmp_path / 'speed.json'
    with pytest.raises(RuntimeError, match='out of memory'):
        tiny_tool('--json', path, '--ours', 'float32')
    result = json.loads(path.read_text())
    assert result['ratio_to_plain_step'] > 0 and result['parts']
    assert result['rows'][0]['name'] == 'float32'


@pytest.mark.slow
def test_peak_memory_of_a_step():
    """Weights, gradients and Adam's two moments are four times the weights, of 4 bytes each."""
    setting = dataclasses.replace(TINY, base_channels=24, num_blocks=4)
    weights = sum(p.numel() for p in setting.build('float32')[0].parameters())
    found = training.peak_mib('cpu', training._two_steps, setting, 'float32')
    assert 16 * weights / 2**20 < found < 1000


@pytest.mark.parametrize(
    'arguments, message',
    [
        (('--size', 30, 32), 'sides from 32'),
        (('--size', 32, 34), 'multiples of 4'),
        (('--batch-size', 0), '--batch-size is 0, but a whole number from 1'),
        (('--rounds', 0), '--rounds is 0'),
        (('--ours', 'float8'), "the variant 'float8' is unknown"),
        (('--ours', 'bfloat16+fast'), "the variant 'bfloat16+fast' is unknown"),
        (('--config', 'nowhere.py'), 'nowhere.py'),
        (('--config', tiny.REPO / 'mmseg_configs/_base_/default_runtime.py'), 'no UnpairedDataset'),
        (('--json', '/nowhere/x.json'), '/nowhere/x.json, but a file in a folder that exists'),
        (('--json', 'tests'), 'a file in a folder that exists is needed'),
        (('--device', 'cuda'), 'there is no CUDA device'),
    ],
)
def test_wrong_arguments(tiny_tool, monkeypatch, arguments, message):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    out = tiny_tool(*arguments)
    assert message in out
    tiny.assert_one_sentence(out)
