"""The speed of a training step: that the plain steps are what they say, and what is written."""

import json
import runpy
import sys

import pytest
import tiny
import torch

from semgan_aug.benchmark.plain_step import ImageGenerator, plain_semgan_step
from semgan_aug.benchmark.training_speed import count_flops, optimisers, raw_batch

TOOL = tiny.REPO / 'tools' / 'benchmark_training.py'


def test_the_plain_step_is_the_same_training():
    """Same losses in the same order of networks: two steps, so that the weights count, too."""
    torch.manual_seed(0)
    ours, _ = tiny.build_semgan()
    plain, _ = tiny.build_semgan()
    plain.load_state_dict(ours.state_dict())
    optims = optimisers(ours), optimisers(plain)
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


@pytest.mark.parametrize('amp', [(), ('--amp',)], ids=['fp32', 'bf16'])
def test_report(monkeypatch, tmp_path, capsys, amp):
    path = tmp_path / 'speed.json'
    run(monkeypatch, '--size', 32, 32, '--rounds', 1, '--json', path, *amp)
    result = json.loads(path.read_text())
    assert {'hardware', 'ratio_to_plain_step', 'floor_share', 'rows', 'parts'} <= set(result)
    ours, plain, cycle = result['rows']
    ratio = plain['seconds'] / ours['seconds']
    assert result['ratio_to_plain_step'] == pytest.approx(ratio, rel=0.01)
    assert ours['tflop'] == plain['tflop'] > cycle['tflop'] > 0  # fewer calls, the same work
    assert ours['dtype'] == ('bfloat16' if amp else 'float32') and plain['dtype'] == 'float32'
    for row in result['rows']:
        assert (
            0 < row['floor_share'] == pytest.approx(row['floor_seconds'] / row['seconds'], rel=0.1)
        )
    assert set(result['parts']) == {'G forward', 'G backward', 'D', 'optimisers'}
    assert 'times as fast as the plain SemGAN step' in ' '.join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    'arguments, message',
    [
        (('--size', 30, 32), 'sides from 32'),
        (('--size', 32, 34), 'multiples of 4'),
        (('--batch', 0), 'batch 0, rounds'),
        (('--device', 'cuda'), 'there is no CUDA device'),
    ],
)
def test_wrong_arguments(monkeypatch, arguments, message):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(SystemExit, match=message) as error:
        run(monkeypatch, *arguments)
    tiny.assert_one_sentence(str(error.value))
