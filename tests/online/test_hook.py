"""SemGANTranslate(device='cuda') and its hook, in trainings of mmseg (here on the CPU)."""

import copy
import pickle
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import mmseg
import numpy as np
import pytest
import tiny
import torch
from mmcv.transforms import BaseTransform
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmseg.registry import DATASETS, MODELS, TRANSFORMS
from torch.utils.data import DataLoader

from semgan_aug import load_translator
from semgan_aug.core.errors import InputError, user_message
from semgan_aug.online import SemGANTranslate, cold_epoch_warning
from semgan_aug.online.cold_epoch_warning import ColdEpoch
from semgan_aug.online.counts import TranslationCounts
from semgan_aug.online.request import MarkedPath, consistency
from semgan_aug.translator.translator import Translator

HOOK = dict(type='SemGANTranslateHook', device='cpu')
LINE = r"custom_hooks=\[dict\(type='SemGANTranslateHook'\)\]"


@MODELS.register_module()
class Recorder(BaseModel):
    """Learns nothing and keeps what it was shown: pixels, ids, file names."""

    def __init__(self, data_preprocessor: dict):
        super().__init__(data_preprocessor)
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seen = []

    def forward(self, inputs, data_samples=None, mode='loss'):
        for image, sample in zip(inputs, data_samples):
            pixels = image.permute(1, 2, 0).round().to(torch.uint8).numpy().copy()
            self.seen.append((sample.img_path, pixels, sample.gt_sem_seg.data[0].numpy().copy()))
        return dict(loss=(inputs.mean() * self.weight).sum())


@pytest.fixture
def folder(tmp_path):
    """Five frames of noise with all classes: 16 x 24, as mmseg reads them."""
    rng = np.random.default_rng(0)
    for name in ('images', 'labels'):
        (tmp_path / name).mkdir()
    for i in range(5):
        ids = rng.integers(0, tiny.NUM_CLASSES, (16, 24), dtype=np.uint8)
        ids[:2] = 255
        image = rng.integers(0, 256, (16, 24, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / f'images/{i}.png'), image)
        cv2.imwrite(str(tmp_path / f'labels/{i}.png'), ids)
    return tmp_path


def pipeline(ckpt, before=(), after=(), pack=(), **more) -> list[dict]:
    ckpt = ckpt if isinstance(ckpt, list) else str(ckpt)
    step = dict(type='SemGANTranslate', ckpt=ckpt, device='cuda', **more)
    steps = ['LoadImageFromFile', 'LoadAnnotations', *before, step, *after]
    steps = [dict(type=s) if isinstance(s, str) else s for s in steps]
    return [*steps, dict(type='PackSegInputs', **dict(pack))]


@pytest.fixture
def build(folder, ckpt, tmp_path):
    """A runner of :class:`Recorder` over the folder."""

    def make(steps, hooks=(HOOK,), workers=0, wrap=None, max_epochs=1, **loader) -> Runner:
        dataset = tiny.folder_dataset(folder, load_translator(ckpt).classes, steps)
        hooks = [dict(type=h) if isinstance(h, str) else h for h in hooks]
        cfg = Config(
            dict(
                default_scope='mmseg',
                work_dir=str(tmp_path / 'work'),
                experiment_name=f'hook {tmp_path}',
                model=dict(
                    type='Recorder',
                    data_preprocessor=dict(type='SegDataPreProcessor', size=(16, 24)),
                ),
                train_dataloader=dict(
                    batch_size=2,
                    num_workers=workers,
                    sampler=dict(type='DefaultSampler', shuffle=False),
                    dataset=wrap(dataset) if wrap else dataset,
                    **loader,
                ),
                train_cfg=dict(type='EpochBasedTrainLoop', max_epochs=max_epochs),
                optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
                default_hooks=dict(logger=dict(type='LoggerHook', interval=1)),
                custom_hooks=hooks,
            )
        )
        return Runner.from_cfg(cfg)

    return make


def log_of(runner) -> str:
    return ''.join(path.read_text() for path in Path(runner.log_dir).glob('*.log'))


def expected(seen, ckpt, folder, **step):
    """What the transform on the CPU makes of the same files."""
    transform = SemGANTranslate(ckpt, cache_dir='', **step)
    for path, *_ in seen:
        image, ids = cv2.imread(path), cv2.imread(path.replace('images', 'labels'), 0)
        results = transform(dict(img=image, gt_seg_map=ids, img_path=path))
        yield results['img'], results['gt_seg_map']


def assert_same(seen, wanted) -> None:
    wanted = list(wanted)
    assert len(seen) == len(wanted) > 0
    for (path, image, ids), (new_image, new_ids) in zip(seen, wanted):
        # Batches are summed in another order: one gray level, and pixels where classes tie.
        assert np.abs(image.astype(int) - new_image).max() <= 1, path
        assert (ids != new_ids).mean() < 0.005, path


@pytest.mark.parametrize('workers', [0, 2])
@pytest.mark.parametrize('collate', ['pseudo_collate', 'default_collate'])
def test_gives_what_the_transform_gives_on_the_cpu(build, ckpt, folder, workers, collate):
    runner = build(pipeline(ckpt, variants=1), workers=workers, collate_fn=dict(type=collate))
    runner.train()
    seen = runner.model.seen
    assert len(seen) == 5
    assert_same(seen, expected(seen, ckpt, folder, variants=1))
    assert not any(np.array_equal(image, cv2.imread(path)) for path, image, _ in seen)


@pytest.mark.parametrize('method', ['fork', 'spawn'])
def test_start_methods_of_workers(build, ckpt, folder, method):
    runner = build(pipeline(ckpt, variants=1), workers=1, multiprocessing_context=method)
    runner.train()
    assert_same(runner.model.seen, expected(runner.model.seen, ckpt, folder, variants=1))


def test_settings(build, ckpt, folder):
    settings = dict(variants=1, strength=0.25, labels='translated')
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


def test_without_the_hook_the_run_stops_at_start(build, ckpt):
    runner = build(pipeline(ckpt), hooks=())
    with pytest.raises(InputError, match=LINE) as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))
    assert not runner.model.seen


def test_a_loader_without_runner_never_passes_raw_frames(ckpt, folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    cfg = tiny.folder_dataset(folder, load_translator(ckpt).classes, pipeline(ckpt))
    with pytest.raises(InputError, match='no CUDA device is here') as error:
        DATASETS.build(cfg)
    tiny.assert_one_sentence(str(error.value))


def test_a_worker_without_hook_says_what_to_add(ckpt, folder):
    cfg = tiny.folder_dataset(folder, load_translator(ckpt).classes, pipeline(ckpt))
    for step in cfg['pipeline']:
        step.pop('device', None)
    dataset = DATASETS.build(cfg)
    dataset.pipeline.transforms[2].device = 'cuda'  # as on a machine with a GPU
    with pytest.raises(ValueError, match=LINE) as error:
        next(iter(DataLoader(dataset, num_workers=1, collate_fn=list)))
    tiny.assert_one_sentence(user_message(error.value))


class Sometimes(BaseTransform):
    """Wraps a transform under a name of its own."""

    def __init__(self, step: dict):
        self.step = TRANSFORMS.build(step)

    def transform(self, results: dict) -> dict:
        return self.step(results)


def test_a_transform_that_cannot_be_looked_into(build, ckpt):
    TRANSFORMS.register_module(name='Sometimes', module=Sometimes, force=True)
    steps = pipeline(ckpt)
    steps[2] = dict(type='Sometimes', step=steps[2])
    runner = build(steps)
    with pytest.raises(InputError, match='put it into the pipeline itself') as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))
    assert not runner.model.seen


class InADict:
    """A dataset that keeps another in a dict."""

    def __init__(self, dataset: dict):
        self.parts = dict(one=DATASETS.build(dataset), again=self)
        self.metainfo = self.parts['one'].metainfo

    def __len__(self) -> int:
        return len(self.parts['one'])

    def __getitem__(self, index: int) -> dict:
        return self.parts['one'][index]

    def full_init(self) -> None:
        self.parts['one'].full_init()


def test_datasets_inside_anything(build, ckpt, folder):
    DATASETS.register_module(name='InADict', module=InADict, force=True)
    runner = build(
        pipeline(ckpt, variants=1), wrap=lambda dataset: dict(type='InADict', dataset=dataset)
    )
    runner.train()
    assert_same(runner.model.seen, expected(runner.model.seen, ckpt, folder, variants=1))


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


def test_the_source_of_a_semgan_training(make_runner, ckpt):
    """Batches of two domains: only the source's frames are marked."""
    translate = dict(type='SemGANTranslate', ckpt=str(ckpt), device='cuda', prob=1.0)
    runner = make_runner()
    runner.register_hook(dict(type='SemGANTranslateHook', device='cpu'))
    steps = runner._train_dataloader['dataset']['source']['pipeline']
    steps.insert(len(steps) - 1, translate)
    runner.train()
    (step,) = next(h for h in runner.hooks if hasattr(h, '_steps'))._steps.values()
    assert step.counts.totals()['made'] == 2


@pytest.mark.parametrize(
    'change, message',
    [
        (dict(after=[dict(type='RandomFlip', prob=0.5)]), 'comes RandomFlip, PackSegInputs, but'),
        (dict(after=['PhotoMetricDistortion']), 'comes PhotoMetricDistortion, PackSegInputs'),
        (dict(twice=True), 'comes SemGANTranslate, PackSegInputs'),
        (dict(pack=dict(meta_keys=('ori_shape',))), "add 'img_path' to its meta_keys"),
    ],
)
def test_what_may_follow(build, ckpt, change, message):
    steps = pipeline(ckpt, **{k: v for k, v in change.items() if k != 'twice'})
    runner = build(steps[:3] + steps[2:] if 'twice' in change else steps)
    with pytest.raises(InputError, match=message) as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))
    assert not runner.model.seen


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

    def expected(epochs):
        asked.append(epochs)
        return 50 * epochs, 50 * epochs * per_frame * 2

    runner = SimpleNamespace(
        max_iters=100,
        iter=75,
        train_dataloader=SimpleNamespace(batch_size=4, num_workers=2, dataset=[0] * 50),
        logger=SimpleNamespace(warning=said.append),
    )
    transforms = [SimpleNamespace(expected=expected)] * 2
    hook = ColdEpoch()
    for _ in range(5):
        if not asked:
            hook.begin_step()
        hook.end_step(runner, transforms)
    assert asked == [2 * ranks] * 2
    assert len(said) == told
    if told:
        tiny.assert_one_sentence(said[0])


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
        number, took = step.expected(epochs)
        assert number == frames and (took > 0) == (frames > 0)


def test_marks_go_through_workers_and_copies():
    path = MarkedPath.mark('a/b.png', 'order')
    for other in (copy.deepcopy(path), pickle.loads(pickle.dumps(path))):
        assert other == 'a/b.png' and other.request == 'order' and isinstance(other, MarkedPath)


def test_consistency():
    ids = torch.tensor([[0, 1, 2, 255]], dtype=torch.uint8)
    new = torch.tensor([[0, 1, 1, 255]], dtype=torch.uint8)
    assert consistency(ids, new) == pytest.approx(2 / 3)
    assert consistency(ids[:, 3:], new[:, 3:]) == 1


USER_CONFIG = """
_base_ = '{leaf}'
classes = {classes}
dataset = dict(
    _delete_=True,
    type='BaseSegDataset',
    data_root='{folder}',
    data_prefix=dict(img_path='images', seg_map_path='labels'),
    img_suffix='.png',
    seg_map_suffix='.png',
    metainfo=dict(classes=classes, palette=[[9 * k] * 3 for k in range(10)]),
    pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='RandomCrop', crop_size=(16, 16)),
        dict(type='RandomFlip', prob=0.5),
        dict(type='SemGANTranslate', ckpt='{ckpt}', device='cuda'),
        dict(type='PackSegInputs'),
    ],
)
train_dataloader = dict(batch_size=2, num_workers=1, dataset=dataset)
train_cfg = dict(max_iters=3, val_interval=99)
val_dataloader = None
val_cfg = None
val_evaluator = None
test_dataloader = None
test_cfg = None
test_evaluator = None
env_cfg = dict(dist_cfg=dict(backend='gloo'))
model_wrapper_cfg = dict(type='DistributedOnCPU')
sync_bn = None
optim_wrapper = dict(type='Bfloat16OptimWrapper')
default_hooks = dict(logger=dict(type='LoggerHook', interval=1))
custom_hooks = [dict(type='SemGANTranslateHook', device='cpu')]
"""

# What mmengine takes for granted is a GPU per process; the rest is mmseg's own train.py.
ON_CPU = """
import runpy
import torch
from mmengine.model import MMDistributedDataParallel
from mmengine.registry import MODEL_WRAPPERS

@MODEL_WRAPPERS.register_module()
class DistributedOnCPU(MMDistributedDataParallel):
    def __init__(self, module, device_ids, **kwargs):
        super().__init__(module, **kwargs)

torch.distributed.init_process_group('gloo')
runpy.run_path('{train}', run_name='__main__')
"""


def test_with_mmsegs_own_train_in_two_processes(ckpt, folder, tmp_path):
    """DDP, workers, bfloat16: each rank translates its own batches."""
    leaf = tiny.REPO / 'mmseg_configs' / 'unet' / 'unet_w16_250_game2camera-96x160.py'
    classes = load_translator(ckpt).classes
    text = USER_CONFIG.format(leaf=leaf, classes=classes, folder=folder, ckpt=ckpt)
    (tmp_path / 'mine.py').write_text(text)
    train = Path(mmseg.__file__).parent / '.mim' / 'tools' / 'train.py'
    (tmp_path / 'on_cpu.py').write_text(ON_CPU.format(train=train))
    run = tiny.call(
        *(sys.executable, '-m', 'torch.distributed.run', '--nproc_per_node=2'),
        *('--master_port', tiny.free_port(), 'on_cpu.py', 'mine.py', '--launcher', 'pytorch'),
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout[-9000:]
    assert 'SemGANTranslateHook translates batches' in run.stdout
    made = re.findall(r'frames_made: (\d+)', run.stdout)
    assert made == ['2', '4', '6']  # of rank 0: its own batches of 2
