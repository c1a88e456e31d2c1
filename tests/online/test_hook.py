"""SemGANTranslate(device='cuda') and its hook, in trainings of mmseg (here on the CPU)."""

import cv2
import numpy as np
import pytest
import torch
from online_training import HOOK, assert_same, expected, log_of, pipeline

from semgan_aug import load_translator
from semgan_aug.core.errors import InputError
from semgan_aug.translator.translator import Translator


@pytest.mark.slow
@pytest.mark.parametrize('workers', [0, 2])
@pytest.mark.parametrize('collate', ['pseudo_collate', 'default_collate'])
def test_gives_what_the_transform_gives_on_the_cpu(build, ckpt, folder, workers, collate):
    runner = build(pipeline(ckpt, variants=1), workers=workers, collate_fn=dict(type=collate))
    runner.train()
    seen = runner.model.seen
    assert len(seen) == 5
    assert_same(seen, expected(seen, ckpt, folder, variants=1))
    assert not any(np.array_equal(image, cv2.imread(path)) for path, image, _ in seen)


@pytest.mark.slow
@pytest.mark.parametrize('method', ['fork', 'spawn'])
def test_start_methods_of_workers(build, ckpt, folder, method):
    runner = build(pipeline(ckpt, variants=1), workers=1, multiprocessing_context=method)
    runner.train()
    assert_same(runner.model.seen, expected(runner.model.seen, ckpt, folder, variants=1))


def test_settings(build, ckpt, folder):
    settings = dict(variants=1, labels='source')
    runner = build(pipeline(ckpt, **settings))
    runner.train()
    assert_same(runner.model.seen, expected(runner.model.seen, ckpt, folder, **settings))
    for path, _, ids in runner.model.seen:
        assert np.array_equal(ids, cv2.imread(path.replace('images', 'labels'), 0))


def test_random_crops_before(build, ckpt):
    """The crop is translated as it is, and its label with it."""
    crop = dict(type='RandomCrop', crop_size=(8, 12))
    runner = build(pipeline(ckpt, before=[crop], style=3, labels='source'))
    runner.train()
    translator = load_translator(ckpt)
    for path, image, ids in runner.model.seen:
        frame, labels = cv2.imread(path), cv2.imread(path.replace('images', 'labels'), 0)
        found = [
            (y, x)
            for y in range(9)
            for x in range(13)
            if np.array_equal(labels[y : y + 8, x : x + 12], ids[:8, :12])
        ]
        (y, x), *_ = found  # padded by the data preprocessor to 16 x 24
        crop = frame[y : y + 8, x : x + 12], labels[y : y + 8, x : x + 12]
        made = translator.translate(*map(np.ascontiguousarray, crop), style=3)[0]
        assert np.abs(made.astype(int) - image[:8, :12]).max() <= 1


@pytest.mark.slow
def test_samples_that_are_not_drawn_or_not_marked_pass(build, ckpt, folder):
    """prob, and target frames in the same loader, whose pipeline has no such transform."""
    plain = pipeline(ckpt)
    del plain[2]

    def wrap(dataset):
        return dict(type='ConcatDataset', datasets=[dataset, dict(dataset, pipeline=plain)])

    runner = build(pipeline(ckpt, prob=0.5), wrap=wrap)
    np.random.seed(0)
    runner.train()
    same = [np.array_equal(image, cv2.imread(path)) for path, image, _ in runner.model.seen]
    assert all(same[5:]) and 0 < sum(same[:5]) < 5
    step = runner.train_dataloader.dataset.datasets[0].pipeline.transforms[2]
    assert step.counts.totals() == dict(
        made=5 - sum(same[:5]), cached=0, rejected=0, skipped=sum(same[:5])
    )


@pytest.mark.slow
def test_several_checkpoints(build, ckpt, tmp_path, folder):
    other = torch.load(ckpt, weights_only=True)
    next(v for n, v in other['state_dict'].items() if n.startswith('G.')).mul_(-1)
    torch.save(other, tmp_path / 'other.pth')
    both = [str(ckpt), str(tmp_path / 'other.pth')]
    runner = build(pipeline(both, style=0))
    np.random.seed(1)
    runner.train()
    made = [list(expected(runner.model.seen, c, folder, style=0)) for c in both]
    which = []
    for k, (_, image, _) in enumerate(runner.model.seen):
        off = [np.abs(frames[k][0].astype(int) - image).max() for frames in made]
        assert min(off) <= 1 < max(off)
        which.append(off.index(min(off)))
    assert set(which) == {0, 1}


def test_rejected_frames_are_served_as_they_were_and_named(build, ckpt):
    runner = build(pipeline(ckpt, style=0, min_consistency=0.99))
    runner.train()
    log = log_of(runner)
    for path, image, ids in runner.model.seen:
        assert np.array_equal(image, cv2.imread(path))
        assert np.array_equal(ids, cv2.imread(path.replace('images', 'labels'), 0))
        assert f'{path} served untranslated' in log
    assert '5 of them served untranslated' in log


def test_compiled(build, ckpt, monkeypatch):
    compiled = []
    monkeypatch.setattr(Translator, 'compile', lambda translator: compiled.append(translator))
    build(pipeline(ckpt), hooks=[HOOK | dict(compile=True)]).train()
    assert len(compiled) == 1


@pytest.mark.slow
def test_a_cache_is_read_and_filled(build, ckpt, tmp_path, folder):
    settings = dict(style=0, cache_dir=str(tmp_path / 'cache'))
    seen = []
    for counts in (dict(made=5, cached=0), dict(made=0, cached=5)):
        runner = build(pipeline(ckpt, **settings))
        runner.train()
        step = runner.train_dataloader.dataset.pipeline.transforms[2]
        assert step.counts.totals() == counts | dict(rejected=0, skipped=0)
        seen.append(runner.model.seen)
    for (_, *one), (_, *two) in zip(*seen):
        assert all(map(np.array_equal, one, two))


def test_two_hooks_translate_once(build, ckpt, folder):
    runner = build(pipeline(ckpt, variants=1), hooks=['SemGANTranslateHook'] * 2)
    runner.train()
    assert_same(runner.model.seen, expected(runner.model.seen, ckpt, folder, variants=1))


def test_a_marked_sample_of_an_unknown_transform_stops_the_run(build, ckpt):
    runner = build(pipeline(ckpt))
    hook = next(h for h in runner.hooks if type(h).__name__ == 'SemGANTranslateHook')
    hook.add = lambda step: None
    with pytest.raises(InputError, match='let the Runner build the dataset from the config'):
        runner.train()


@pytest.mark.slow
def test_the_source_of_a_semgan_training(make_runner, ckpt):
    """Batches of two domains: only the source's frames are marked."""
    translate = dict(type='SemGANTranslate', ckpt=str(ckpt), device='cuda', prob=1.0)
    runner = make_runner()
    runner.register_hook(dict(type='SemGANTranslateHook', device='cpu'))
    steps = runner._train_dataloader['dataset']['source']['pipeline']
    steps.insert(len(steps) - 1, translate)
    runner.train()
    (step,) = next(h for h in runner.hooks if hasattr(h, '_transforms'))._transforms.values()
    assert step.counts.totals()['made'] == 2


def test_wrong_ids_are_named(build, ckpt, folder):
    cv2.imwrite(str(folder / 'labels/1.png'), np.full((16, 24), 33, np.uint8))
    with pytest.raises(ValueError, match=r'labels/1.png holds the ids \[33\]'):
        build(pipeline(ckpt)).train()


def test_statistics_of_the_workers_reach_the_log(build, ckpt):
    steps = pipeline(ckpt)
    steps[2].update(device='cpu', cache_dir='', prob=0.6)
    runner = build(steps, hooks=(), workers=2)
    runner.train()
    step = runner.train_dataloader.dataset.pipeline.transforms[2]
    totals = step.counts.totals()
    assert totals['made'] + totals['skipped'] == 5 and totals['made'] > 0
    log = log_of(runner)
    assert f'): {totals["made"]} frames translated' in log
    assert 'what is not in the cache is translated on the cpu' in log
