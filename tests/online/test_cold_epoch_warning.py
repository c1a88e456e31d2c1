"""The warning that translating on the CPU would outlast training."""

from types import SimpleNamespace

import pytest
import tiny
from online_training import log_of, pipeline

from semgan_aug.online import cold_epoch_warning
from semgan_aug.online.cold_epoch_warning import ColdEpochWarning, translation_cost
from semgan_aug.online.counts import TranslationCounts


@pytest.mark.slow
@pytest.mark.parametrize('workers', [0, 2])
def test_translation_longer_than_training_is_told(build, ckpt, monkeypatch, workers):
    """Each frame takes an hour more than it does."""
    add = TranslationCounts.add
    monkeypatch.setattr(TranslationCounts, 'add', lambda *a, **_: add(*a, seconds=3600.0))
    steps = pipeline(ckpt)
    steps[2].update(device='cpu', cache_dir='')
    runner = build(steps, hooks=(), workers=workers, max_epochs=4)
    runner.train()
    lines = [line for line in log_of(runner).splitlines() if 'will be translated in' in line]
    # After the 3rd of 12 steps of 2 frames, the 3rd not yet counted: 20 frames.
    hours = {0: '1 process(es), which takes 20.0 h', 2: '2 process(es), which takes 10.0 h'}
    assert len(lines) == 1 and f'20 frames will be translated in {hours[workers]}' in lines[0]
    assert 'tools/translate_dataset.py --cache CONFIG' in lines[0]


@pytest.mark.parametrize('ranks', [1, 2])
@pytest.mark.parametrize('per_frame, told', [(0.249, False), (0.251, True)])
def test_when_translation_is_told(monkeypatch, per_frame, told, ranks):
    """Steps of 5, 2 and 3 s, 100 frames of a dataset of 50 to come in each rank, in 2 workers.

    The fastest step counts, so training takes 25 * 2 s; translating with two transforms takes
    2 * 100 * per_frame s.
    """
    times = iter([0, 5, 5, 7, 7, 10])
    monkeypatch.setattr(cold_epoch_warning.time, 'perf_counter', lambda: next(times))
    monkeypatch.setattr(cold_epoch_warning, 'get_world_size', lambda: ranks)
    said, asked = [], []

    def cost(transform, epochs):
        asked.append(epochs)
        return 50 * epochs, 50 * epochs * per_frame * 2

    runner = SimpleNamespace(
        max_iters=100,
        iter=75,
        train_dataloader=SimpleNamespace(batch_size=4, num_workers=2, dataset=[0] * 50),
        logger=SimpleNamespace(warning=said.append),
    )
    monkeypatch.setattr(cold_epoch_warning, 'translation_cost', cost)
    hook = ColdEpochWarning()
    for _ in range(5):
        if not asked:
            hook.begin_step()
        hook.end_step(runner, ['one', 'two'])
    assert asked == [2 * ranks] * 2
    assert len(said) == told
    if told:
        tiny.assert_one_sentence(said[0])


@pytest.mark.slow
def test_what_is_to_be_translated(build, ckpt, tmp_path):
    """The first pass where there is a cache, every pass where there is none."""
    steps = pipeline(ckpt)
    for cache_dir, epochs, frames in (
        (str(tmp_path / 'cache'), 3, 5),
        (str(tmp_path / 'cache'), 3, 0),
        (str(tmp_path / 'other'), 0.4, 2),
        ('', 3, 15),
    ):
        steps[2].update(device='cpu', cache_dir=cache_dir, style=0)
        runner = build(steps, hooks=())
        runner.train()
        step = runner.train_dataloader.dataset.pipeline.transforms[2]
        number, took = translation_cost(step, epochs)
        assert number == frames and (took > 0) == (frames > 0)
