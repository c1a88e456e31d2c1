"""The table: suites, jobs that survive a kill, and the numbers of the table."""

import json
import math
import os
import runpy
import subprocess
import sys
import time
import xml.etree.ElementTree
from pathlib import Path

import cv2
import pytest
import tiny
import torch
from mmengine.config import Config
from mmseg.registry import DATASETS

from semgan_aug.benchmark import row_transforms, scheduler, suite, table, training_data
from semgan_aug.benchmark.job import alone_in, job_config
from semgan_aug.benchmark.suite import Suite
from semgan_aug.benchmark.training_data import apply_training_data, spread
from semgan_aug.engine.config import find_dicts
from semgan_aug.evaluation.metrics import ClassIoUMetric
from semgan_aug.online import cache_folder

SEGMENTER = """
_base_ = ['{configs}/_base_/default_runtime.py']
custom_hooks = []
frames = dict(type='MiniStreetsDataset', size=(24, 32), data_root='{data}')
load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
pack = [dict(type='RandomFlip', prob=0.5), dict(type='PackSegInputs')]
source = dict(num_frames=6, domain='game', pipeline=[*load, *pack], **frames)
target_few = dict(num_frames=2, domain='camera', pipeline=[*load, *pack], **frames)
target_all = dict(num_frames=3, domain='camera', pipeline=[*load, *pack], **frames)
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(type='SegDataPreProcessor', size_divisor=8),
    backbone=dict(type='DRN', arch='D-22', widths=(4,) * 8),
    decode_head=dict(type='FCNHead', in_channels=4, channels=4, num_convs=0, concat_input=False,
        num_classes=10, align_corners=False),
    test_cfg=dict(mode='whole'))
train_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=source)
val_dataloader = dict(
    batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(num_frames=3, domain='camera', first=1000, test_mode=True,
        pipeline=[*load, pack[1]], **frames))
val_evaluator = dict(type='ClassIoUMetric')
val_cfg = dict(type='ValLoop')
train_cfg = dict(type='IterBasedTrainLoop', max_iters=2, val_interval=2)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))
default_hooks = dict(
    timer=dict(type='IterTimerHook'), logger=dict(type='LoggerHook', interval=1),
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1))
"""

SUITE = """
segmenter = 'segmenter.py'
translators = dict(semgan='tiny_semgan.py')
variants = dict(semgan_no_dom={'model.weights.dom': 0.0})
translator_cost = 4
rows = dict(
    source_only=dict(),
    semgan=dict(restyle=dict(type='SemGANTranslate', translator='semgan')),
    oracle=dict(train='target_all'),
    left_out=None,
)
subsets = {'mIoU-2': ['road', 'sky']}
"""

# tools/benchmark.py with another place for its configs.
DRIVER = """
import os, runpy, sys
from pathlib import Path
os.sched_getaffinity = lambda pid: {{0}}  # one thread a job: others may use this machine
from semgan_aug.benchmark import suite
suite.CONFIG_ROOT = Path('{root}')
sys.argv = ['benchmark.py', 'tiny', '--jobs', '1', '--work-dir', '{work_dir}']
runpy.run_path('{tool}', run_name='__main__')
"""


@pytest.fixture
def configs(tmp_path, frames, monkeypatch):
    """A suite of three rows, in a config folder of its own."""
    root = tmp_path / 'configs'
    (root / 'suites' / 'cpu').mkdir(parents=True)
    tiny.write_semgan_config(root, frames, iters=60, interval=10)
    text = SEGMENTER.format(configs=tiny.REPO / 'mmseg_configs', data=frames)
    (root / 'segmenter.py').write_text(text)
    (root / 'suites' / 'cpu' / 'tiny.py').write_text(SUITE)
    monkeypatch.setattr(suite, 'CONFIG_ROOT', root)
    return root


def alive(pid: int) -> bool:
    """Zombies are dead: they only wait for a parent to look."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except FileNotFoundError:
        return False


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f'/proc/{pid}/task/{pid}/children').read_text().split()]


@pytest.mark.skipif(not Path('/proc/self/task').exists(), reason='needs /proc of Linux')
def test_a_suite_from_end_to_end_with_a_kill_in_the_middle(configs, tmp_path):
    work_dir = tmp_path / 'table'
    driver = tmp_path / 'driver.py'
    tool = tiny.REPO / 'tools' / 'benchmark.py'
    driver.write_text(DRIVER.format(root=configs, work_dir=work_dir, tool=tool))
    first = subprocess.Popen(
        [sys.executable, driver], env=tiny.environment(), cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    running = []

    def in_the_middle():
        running[:] = children(first.pid)
        return (work_dir / 'translator_semgan-0' / 'iter_10.pth').exists()

    tiny.kill_when(first, in_the_middle)
    assert running and not (work_dir / 'translator_semgan-0.json').exists()
    for _ in range(200):
        if not any(map(alive, running)):
            break
        time.sleep(0.05)
    assert not any(map(alive, running)), 'a training outlived the process that started it'
    seconds_before = json.loads((work_dir / 'clock.json').read_text())['seconds']

    done = tiny.call(sys.executable, driver, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    log = (work_dir / 'translator_semgan-0' / 'job.log').read_text()
    resumed = int(log.rpartition('resumed epoch: 0, iter: ')[2].split()[0])
    assert resumed >= 10
    assert json.loads((work_dir / 'clock.json').read_text())['seconds'] > seconds_before

    # Results, and the table made of them.
    the_suite = Suite.load('tiny')
    jobs = scheduler.plan(the_suite, work_dir, [0], list(the_suite.rows))
    results = {job.name: job.result() for job in jobs}
    assert list(results) == ['translator_semgan', 'source_only', 'semgan', 'oracle']
    assert results['translator_semgan']['checkpoint'].endswith('iter_60.pth')
    assert results['translator_semgan']['metrics'] == {}
    assert results['translator_semgan']['checkpoint'] in results['semgan']['text']
    table = (work_dir / 'results.md').read_text()
    assert table in done.stdout
    for name, title in (('source_only', 'source only'), ('semgan', 'SemGAN')):
        metrics = results[name]['metrics']
        assert {'mIoU', 'aAcc', 'IoU.road', 'IoU.sky'} <= set(metrics)
        assert f'| {title} | {metrics["mIoU"]:.1f} | ' in table

    # The page, and what it says of the labels.
    html = (work_dir / 'index.html').read_text()
    tiles = 3 * (1 + 1 + 1) + 3 * (2 + 3)  # frames: source, SemGAN, target; then predictions
    assert html.count('data:image/jpeg;base64,') == tiles and '<b>' in html
    assert all(title in html for title in ('source only', 'SemGAN', 'target oracle', 'IoU of each'))
    assert 'http' not in html  # it needs nothing else
    consistency = json.loads((work_dir / 'label-consistency.json').read_text())
    assert set(consistency) == {'source_only', 'semgan'}
    assert consistency['source_only']['kept'] == 100 > consistency['semgan']['kept'] > 0
    (work_dir / 'index.html').unlink()
    driver.write_text(driver.read_text().replace("'--jobs', '1'", "'--report-only'"))
    done = tiny.call(sys.executable, driver, cwd=tmp_path)
    assert done.returncode == 0 and (work_dir / 'index.html').read_text() == html, done.stdout

    # A third call trains nothing.
    logs = [(p, p.stat().st_mtime_ns) for p in sorted(work_dir.glob('*/job.log'))]
    clock = scheduler.run(jobs, 1, work_dir / 'clock.json')
    assert len(logs) == 4 and logs == [(p, p.stat().st_mtime_ns) for p, _ in logs]
    assert clock == json.loads((work_dir / 'clock.json').read_text())['seconds']

    table.write_panel(the_suite, jobs, tmp_path / 'panel.png')
    height, width = cv2.imread(str(tmp_path / 'panel.png')).shape[:2]
    assert height > 2 * 3 * 24 * 8 and width >= 5 * 32 * 8  # two grids of 3 x 5, eight-fold


def test_unknown_suite_names_those_there_are(configs):
    message = "no suite 'cityscapes' of profile 'cpu'; choose one of: tiny"
    with pytest.raises(FileNotFoundError, match=message) as error:
        Suite.load('cityscapes')
    tiny.assert_one_sentence(str(error.value))


SUITES = sorted((tiny.REPO / 'mmseg_configs' / 'suites').glob('*/*.py'))


@pytest.mark.parametrize('path', SUITES, ids=[f'{p.parent.name}-{p.stem}' for p in SUITES])
def test_suites_of_ours(path, semgan_data, monkeypatch):
    """Every row gives a config whose transforms exist, with the data of the row."""
    monkeypatch.setenv('SEMGAN_DATA', str(semgan_data))
    if 'cityscapes' in path.stem:  # of which there are but samples
        monkeypatch.setattr(training_data, 'number_of_frames', lambda dataset: 100)
    the_suite = Suite.load(path.stem, path.parent.name)
    assert all(training.path.is_file() for training in the_suite.translators.values())
    assert {'source_only', 'source_few', 'color_transfer', 'semgan', 'oracle'} <= set(
        the_suite.rows
    )
    for name, row in the_suite.rows.items():
        assert name in table.TITLES and row.path.is_file()
        cfg = Config.fromfile(row.path)
        apply_training_data(cfg, row.training_data, 'trained.pth')
        ckpts = [step.ckpt for step in find_dicts(cfg, 'SemGANTranslate')]
        assert ckpts == ['trained.pth'] * (row.translator is not None)
        if name == 'semgan_5_few5':  # translator and segmenter see the same five labeled frames
            few = cfg.train_dataloader.dataset.datasets[1]
            key = 'train_dataloader.dataset.target.indices'
            options = the_suite.translators['semgan_5'].options
            assert few.get('dataset', few).indices == options[key] and len(options[key]) == 5


def test_a_suite_whose_row_wants_an_unknown_translator(configs):
    path = configs / 'suites' / 'cpu' / 'tiny.py'
    path.write_text(path.read_text().replace("translator='semgan'", "translator='unit'"))
    with pytest.raises(ValueError, match="row 'semgan' of .* wants the translator 'unit'") as error:
        Suite.load('tiny')
    tiny.assert_one_sentence(str(error.value))


def test_plan(configs, tmp_path):
    the_suite = Suite.load('tiny')
    jobs = scheduler.plan(the_suite, tmp_path, [0, 1], ['source_only', 'semgan'])
    assert [(job.name, job.seed) for job in jobs] == [
        (name, seed) for seed in (0, 1) for name in ('translator_semgan', 'source_only', 'semgan')
    ]
    assert jobs[5].waits_for is jobs[3] and jobs[1].waits_for is None
    assert jobs[1].ready() and not jobs[5].ready()
    assert [job.row for job in jobs] == [False, True, True] * 2
    rows = scheduler.plan(the_suite, tmp_path, [0], ['oracle'])
    assert [job.name for job in rows] == ['oracle']  # nothing waits for a translator


PSEUDO = """
pseudo = dict(semgan_pseudo='source_only', semgan_pseudo2='semgan_pseudo')
rows['semgan_pseudo'] = dict(restyle=dict(type='SemGANTranslate', translator='semgan_pseudo'))
rows['semgan_pseudo2'] = dict(restyle=dict(type='SemGANTranslate', translator='semgan_pseudo2'))
"""


def add_pseudo(configs):
    path = configs / 'suites' / 'cpu' / 'tiny.py'
    path.write_text(path.read_text() + PSEUDO)


def test_a_translator_waits_for_the_row_that_labels_its_frames(configs, tmp_path):
    add_pseudo(configs)
    jobs = scheduler.plan(Suite.load('tiny'), tmp_path, [0], ['semgan_pseudo2', 'semgan'])
    assert [job.name for job in jobs] == [
        'translator_semgan',
        'source_only',
        'translator_semgan_pseudo',
        'semgan_pseudo',
        'translator_semgan_pseudo2',
        'semgan_pseudo2',
        'semgan',
    ]
    assert [job.waits_for and job.waits_for.name for job in jobs] == [
        None,
        None,
        'source_only',
        'translator_semgan_pseudo',
        'semgan_pseudo',
        'translator_semgan_pseudo2',
        'translator_semgan',
    ]
    # Another labeller is another translator.
    path = configs / 'suites' / 'cpu' / 'tiny.py'
    path.write_text(
        path.read_text().replace("semgan_pseudo='source_only'", "semgan_pseudo='semgan'")
    )
    other = scheduler.plan(Suite.load('tiny'), tmp_path, [0], ['semgan_pseudo2'])
    assert other[-1].digest() != jobs[5].digest()


def test_labels_from_an_unknown_row(configs):
    add_pseudo(configs)
    path = configs / 'suites' / 'cpu' / 'tiny.py'
    path.write_text(path.read_text().replace("semgan_pseudo='source_only'", "semgan_pseudo='x'"))
    with pytest.raises(ValueError, match="'semgan_pseudo' of .* wants labels from the row 'x'"):
        Suite.load('tiny')


def test_pseudo_labels_from_end_to_end(configs, tmp_path):
    add_pseudo(configs)
    jobs = scheduler.plan(Suite.load('tiny'), tmp_path / 'table', [0], ['semgan_pseudo'])
    scheduler.run(jobs, 1, tmp_path / 'table' / 'clock.json')
    translator = jobs[1]
    text = translator.result()['text']
    assert "type='PseudoLabelDataset'" in text and 'pseudo_labels' in text
    kept = json.loads((translator.folder / 'pseudo_labels_kept.json').read_text())
    assert len(kept) == 10 and 0 < max(kept.values()) <= 1
    assert jobs[2].result()['metrics']['mIoU'] >= 0
    # Rows share what a translator made.
    assert list(cache_folder.files(tmp_path / 'table' / 'translation_cache'))


def test_options_of_all_translators(configs):
    path = configs / 'suites' / 'cpu' / 'tiny.py'
    path.write_text(path.read_text() + "translator_options = {'train_cfg.max_iters': 7}\n" + PSEUDO)
    translators = Suite.load('tiny').translators
    assert all(t.options['train_cfg.max_iters'] == 7 for t in translators.values())
    assert len(translators['semgan_no_dom'].options) == 2


@pytest.mark.parametrize('name', ['cpu/gta', 'cpu/dusk', 'cpu/ministreets', 'gpu/gta', 'gpu/dusk'])
def test_the_row_as_in_the_paper_is_the_base_model(name):
    """Its objective and layers; of the profile are the widths, depths and classes."""
    profile, _, name = name.partition('/')
    training = Suite.load(name, profile).translators['semgan_paper']
    cfg = Config.fromfile(training.path)
    cfg.merge_from_dict(training.options)
    base = Config.fromfile(tiny.REPO / 'mmseg_configs/_base_/semgan/model.py').model
    assert cfg.model.weights == base.weights
    for key in ('class_colors', 'ema_decay', 'gan_mode', 'discriminator_sees', 'pool_size'):
        assert cfg.model[key] == base[key]
    assert not cfg.model.generator.get('skip') and not cfg.model.generator.get('residual')


def test_comments_change_no_digest_and_values_do(configs):
    path = configs / 'segmenter.py'
    before = Suite.load('tiny').rows['oracle'].digest()
    path.write_text('# A remark.\n\n' + path.read_text() + '\n    # Another.\n')
    assert Suite.load('tiny').rows['oracle'].digest() == before
    path.write_text(path.read_text() + 'launcher = 1\n')
    assert Suite.load('tiny').rows['oracle'].digest() != before


def test_variants_are_translators(configs):
    the_suite = Suite.load('tiny')
    full, without = (the_suite.translators[k] for k in ('semgan', 'semgan_no_dom'))
    assert without.config == full.config and without.options == {'model.weights.dom': 0.0}
    assert without.digest() != full.digest() and full.cost == 4
    assert list(the_suite.rows) == ['source_only', 'semgan', 'oracle']


# Recipes


@pytest.fixture
def segmenter(configs):
    return Config.fromfile(configs / 'segmenter.py')


def types(dataset):
    return [step.type for step in dataset.pipeline]


def test_recipe_of_nothing_is_the_source(segmenter):
    expected = segmenter.source
    apply_training_data(segmenter, {})
    assert segmenter.train_dataloader.dataset == expected


def test_recipe_restyles_before_anything_random(segmenter):
    training_data = dict(restyle=dict(type='LabColorTransfer', target='target_all'))
    apply_training_data(segmenter, training_data)
    dataset = segmenter.train_dataloader.dataset
    load = ['LoadImageFromFile', 'LoadAnnotations']
    assert types(dataset) == [*load, 'LabColorTransfer', 'RandomFlip', 'PackSegInputs']
    target = dataset.pipeline[2].target
    assert (target.domain, target.num_frames, types(target)) == ('camera', 3, load)
    assert training_data['restyle']['target'] == 'target_all'  # not changed
    assert types(segmenter.source) == [*load, 'RandomFlip', 'PackSegInputs']
    assert DATASETS.build(dataset)[0]['inputs'].shape == (3, 24, 32)


def test_recipe_mixes_at_equal_rate_and_leaves_the_target_as_it_is(segmenter):
    translate = dict(type='SemGANTranslate', translator='semgan')
    apply_training_data(segmenter, dict(restyle=translate, mix='target_few'), 'a.pth')
    source, few = segmenter.train_dataloader.dataset.datasets
    assert [s.get('ckpt') for s in source.pipeline] == [None, None, 'a.pth', None, None]
    assert 'translator' not in source.pipeline[2]
    assert few.type == 'RepeatDataset' and few.times == 3  # 6 frames and 2
    assert 'SemGANTranslate' not in types(few.dataset)
    apply_training_data(segmenter, dict(mix='target_few', labels=1))
    few = segmenter.train_dataloader.dataset.datasets[1]
    assert few.times == 6 and few.dataset.indices == [0]
    # The few may be chosen from a larger dataset: then one of those.
    segmenter.target_few.update(num_frames=9, indices=[4, 8])
    apply_training_data(segmenter, dict(mix='target_few', labels=1))
    assert segmenter.train_dataloader.dataset.datasets[1].dataset.indices == [4]
    segmenter.target_few.update(num_frames=2, indices=None)
    apply_training_data(segmenter, dict(mix='target_few', labels=1))
    assert len(DATASETS.build(segmenter.train_dataloader.dataset)) == 12


def test_spread():
    assert spread(5, 20) == [0, 4, 8, 12, 16] and spread(3, 3) == [0, 1, 2]


@pytest.mark.parametrize(
    'training_data, message',
    [
        (dict(blend=1), r"the entries \['blend'\], but .*'mix', 'labels'. are allowed"),
        (dict(train='target'), "the dataset 'target', which .*segmenter.py does not have"),
        (dict(mix='target_few', labels=3), '3 labeled frames are wanted, but 1 ... 2 are there'),
    ],
)
def test_wrong_recipe(segmenter, training_data, message):
    with pytest.raises(ValueError, match=message) as error:
        apply_training_data(segmenter, training_data)
    tiny.assert_one_sentence(str(error.value))


def test_fraction(configs, tmp_path):
    (job,) = scheduler.plan(Suite.load('tiny'), tmp_path, [0], ['oracle'])
    assert job.fraction() == 0
    job.folder.mkdir()
    (job.folder / 'progress.json').write_text('{"iter": 5, "max_iters": 10, "seconds": 1}')
    assert job.fraction() == pytest.approx(0.49)
    job.result_file.write_text('{"metrics": {}}')
    assert job.fraction() == 1


def test_job_config(configs, tmp_path):
    training_data = dict(restyle=dict(type='SemGANTranslate', translator='semgan'))
    options = {'train_cfg.max_iters': 7}
    cfg = job_config(
        str(configs / 'segmenter.py'), str(tmp_path / 'w'), 7, 'trained.pth', options, training_data
    )
    assert cfg.randomness == dict(seed=7) and cfg.work_dir == str(tmp_path / 'w')
    assert [t['ckpt'] for t in find_dicts(cfg, 'SemGANTranslate')] == ['trained.pth']
    assert cfg.train_cfg.max_iters == 7 and cfg.train_cfg.val_begin == 8
    assert cfg.custom_hooks[-1].file == str(tmp_path / 'w' / 'progress.json')


def test_a_failing_job_names_its_log(configs, tmp_path):
    jobs = scheduler.plan(Suite.load('tiny'), tmp_path, [0], ['oracle'])
    config = configs / 'segmenter.py'
    config.write_text(config.read_text() + "model['type'] = 'NoSuchModel'\n")
    with pytest.raises(
        scheduler.JobFailedError, match=r'oracle \(seed 0\) ended without a result'
    ) as error:
        scheduler.run(jobs, 1, tmp_path / 'clock.json')
    log = tmp_path / 'oracle-0' / 'job.log'
    assert str(log) in str(error.value) and 'NoSuchModel' in log.read_text()
    tiny.assert_one_sentence(str(error.value))


def test_a_changed_config_is_not_mixed_with_what_it_made(configs, tmp_path):
    jobs = scheduler.plan(Suite.load('tiny'), tmp_path, [0], ['source_only', 'semgan'])
    for job in jobs:  # as if trained
        job.folder.mkdir()
        (job.folder / 'config_digest').write_text(job.digest())
        job.result_file.write_text('{"metrics": {}}')
    clock = tmp_path / 'clock.json'
    assert scheduler.run(jobs, 1, clock) == 0  # nothing to do

    translator = configs / 'tiny_semgan.py'
    translator.write_text(translator.read_text() + 'model.update(pool_size=3)\n')
    jobs = scheduler.plan(Suite.load('tiny'), tmp_path, [0], ['source_only', 'semgan'])
    jobs[1].require_same_config()
    for job in (jobs[0], jobs[2]):  # the row depends on its translator
        with pytest.raises(
            scheduler.JobFailedError, match='was begun with another config'
        ) as error:
            job.require_same_config()
        assert str(job.folder) in str(error.value) and str(job.result_file) in str(error.value)
        tiny.assert_one_sentence(str(error.value))
    with pytest.raises(scheduler.JobFailedError):
        scheduler.run(jobs, 1, clock)
    done, stale = scheduler.finished(Suite.load('tiny'), tmp_path)
    assert [job.name for job in done] == ['source_only']
    assert [job.name for job in stale] == ['translator_semgan', 'semgan']

    # A result says itself what it was made with, wherever it is copied to.
    for job in jobs:
        (job.folder / 'config_digest').unlink()
        assert not job.is_stale()  # nothing is known
    jobs[1].result_file.write_text('{"metrics": {}, "config_digest": "another"}')
    assert jobs[1].is_stale()


def write_results(the_suite, folder, seeds=(0,)):
    """Results of all rows as if trained elsewhere; their checkpoints and predictions are gone."""
    jobs = scheduler.plan(the_suite, folder, list(seeds), list(the_suite.rows))
    text = Config.fromfile(suite.CONFIG_ROOT / 'segmenter.py').pretty_text
    for job in jobs:
        metrics = result(30.0, 60.0, road=30.0, sky=20.0)['metrics'] if job.row else {}
        content = dict(metrics=metrics, checkpoint='gone.pth', text=text)
        job.result_file.write_text(json.dumps(content))
    return jobs


def call_benchmark(monkeypatch, work_dir, *arguments):
    arguments = ['benchmark.py', 'tiny', '--work-dir', str(work_dir), *arguments]
    monkeypatch.setattr(sys, 'argv', arguments)
    runpy.run_path(str(tiny.REPO / 'tools' / 'benchmark.py'), run_name='__main__')


def test_report_of_results_alone(configs, tmp_path, monkeypatch, capsys):
    """The table is of all that is there, whatever is asked for; missing pictures are named."""
    write_results(Suite.load('tiny'), tmp_path, seeds=(3, 5))
    consistency = dict(kept=99.0, mIoU=50.0, IoU={}, confusions={'sky → building': 1.0})
    (tmp_path / 'label-consistency.json').write_text(json.dumps(dict(semgan=consistency, x={})))
    call_benchmark(monkeypatch, tmp_path, '--report-only', '--rows', 'oracle', '--seeds', '0')
    table = (tmp_path / 'results.md').read_text()
    assert 'seeds 3, 5;' in table and table.count('| 2 |\n') == 3
    html = (tmp_path / 'index.html').read_text()
    assert 'SemGAN' in html and 'base64' in html  # the source frames are there
    assert json.loads((tmp_path / 'label-consistency.json').read_text()) == dict(semgan=consistency)
    said = capsys.readouterr().err
    for what in (
        'what semgan makes of frames',
        'how well labels still fit',
        'what the segmenter of oracle',
    ):
        assert f'Left out of the page: {what}' in said
    assert 'gone.pth' in said


def test_results_that_are_none(configs, tmp_path, monkeypatch):
    write_results(Suite.load('tiny'), tmp_path)
    file = tmp_path / 'oracle-0.json'
    for content in ('', '{"metrics"', '[]', '{}'):
        file.write_text(content)
        for arguments in ([], ['--report-only']):
            with pytest.raises(SystemExit, match=f'{file} (is damaged|holds no result)') as error:
                call_benchmark(monkeypatch, tmp_path, *arguments)
            tiny.assert_one_sentence(str(error.value))
    with pytest.raises(SystemExit, match='Not a directory|File exists') as error:
        call_benchmark(monkeypatch, file)
    tiny.assert_one_sentence(str(error.value))


def test_a_job_whose_parent_is_gone_or_whose_folder_is_held(configs, tmp_path):
    command = [sys.executable, '-m', 'semgan_aug.benchmark.job', str(configs / 'segmenter.py')]
    command += ['--work-dir', str(tmp_path / 'w'), '--result', str(tmp_path / 'r'), '--seed', '0']
    done = tiny.call(*command, '--parent', '1', cwd=tmp_path)
    assert done.returncode == 1 and 'the process that started this job is gone' in done.stdout
    with alone_in(str(tmp_path / 'w')):
        done = tiny.call(*command, cwd=tmp_path)
    assert done.returncode == 1 and 'another process is at work in' in done.stdout
    assert sorted(p.name for p in (tmp_path / 'w').iterdir()) == ['lock']


def test_report_of_nothing(configs, tmp_path, monkeypatch):
    arguments = ['benchmark.py', 'tiny', '--report-only', '--work-dir', str(tmp_path)]
    monkeypatch.setattr(sys, 'argv', arguments)
    with pytest.raises(SystemExit, match='no finished row in .*without --report-only') as error:
        runpy.run_path(str(tiny.REPO / 'tools' / 'benchmark.py'), run_name='__main__')
    tiny.assert_one_sentence(str(error.value))


@pytest.mark.parametrize(
    'tool, arguments, message',
    [
        ('benchmark.py', ['ministreets', '--jobs', '0'], '--jobs is 0, but 1 or more'),
        ('benchmark.py', ['ministreets', '--seeds', '0', '-1'], r'--seeds are \[0, -1\], but 0'),
        ('benchmark.py', ['ministreets', '--rows', 'best'], r"no row \['best'\]; choose from"),
        (
            'benchmark.py',
            ['paper'],
            "no suite 'paper' of profile 'cpu'; choose one of: dusk, gta, ministreets",
        ),
        ('demo.py', ['--seed', '4294967296'], '--seed is 4294967296, but 0 ... 4294967295'),
    ],
)
def test_wrong_arguments(monkeypatch, tool, arguments, message):
    monkeypatch.setattr(sys, 'argv', [tool, *arguments])
    with pytest.raises(SystemExit, match=message) as error:
        runpy.run_path(str(tiny.REPO / 'tools' / tool), run_name='__main__')
    tiny.assert_one_sentence(str(error.value))


# Numbers


def test_gap_closed_by_hand():
    rows = {
        name: dict(mIoU=value)
        for name, value in dict(source_only=11.65, semgan=21.71, oracle=26.61).items()
    }
    # The paper's own: (21.71 - 11.65) / (26.61 - 11.65) = 10.06 / 14.96 = 0.672
    assert table.gap_closed(rows, 'semgan') == 0.672
    assert table.gap_closed(rows, 'source_only') == 0 and table.gap_closed(rows, 'oracle') == 1
    for oracle in (11.65, 10.0):  # no gap, or less than none
        rows['oracle'] = dict(mIoU=oracle)
        assert math.isnan(table.gap_closed(rows, 'semgan'))


def result(mean, accuracy, **ious):
    return dict(metrics=dict(mIoU=mean, aAcc=accuracy, **{f'IoU.{k}': v for k, v in ious.items()}))


def test_scores():
    metrics = result(40.0, 80.0, road=60.0, sky=50.0, train=None)
    subsets = {'mIoU-2': ['road', 'sky'], 'mIoU-3': ['road', 'sky', 'train']}
    assert table.scores(metrics, subsets) == {
        'mIoU': 40.0,
        'accuracy': 80.0,
        'mIoU-2': 55.0,
        'mIoU-3': 55.0,  # a class that no frame shows does not count
    }


def test_table_over_two_seeds(configs, tmp_path):
    the_suite = Suite.load('tiny')
    jobs = scheduler.plan(the_suite, tmp_path, [0, 1], list(the_suite.rows))
    values = dict(
        source_only=[(10, 40), (20, 40)], semgan=[(16, 50), (28, 52)], oracle=[(30, 60), (30, 60)]
    )
    for job in jobs:
        if job.row:
            mean, accuracy = values[job.name][job.seed]
            content = result(mean, accuracy, road=mean, sky=mean + 10)
            job.result_file.write_text(json.dumps(content))
    text = table.write_table(the_suite, jobs, tmp_path)
    assert text == (tmp_path / 'results.md').read_text()
    # Deviations of two values are |a - b| / sqrt 2. The gap is that of the means: 7 / 15 = 46.7 %.
    assert text.splitlines() == [
        'Suite tiny, seeds 0, 1; % on held-out target frames.',
        '',
        '| row | mIoU | mIoU-2 | accuracy | gap closed | seeds |',
        '|---|---|---|---|---|---|',
        '| source only | 15.0 ± 7.1 | 20.0 ± 7.1 | 40.0 ± 0.0 | 0.0 % | 2 |',
        '| SemGAN | 22.0 ± 8.5 | 27.0 ± 8.5 | 51.0 ± 1.4 | 46.7 % | 2 |',
        '| target oracle | 30.0 ± 0.0 | 35.0 ± 0.0 | 60.0 ± 0.0 | 100.0 % | 2 |',
    ]
    # An oracle below source only leaves no gap.
    for job in jobs:
        if job.name == 'oracle':
            mean = (5, 20)[job.seed]  # 12.5 and 15: above source only in one seed alone
            job.result_file.write_text(json.dumps(result(mean, 60, road=mean, sky=mean)))
    assert table.write_table(the_suite, jobs, tmp_path).count('| – |') == 3
    contents = table.Table(the_suite, jobs)
    assert contents.best('mIoU') == 'semgan' and contents.best('gap closed') is None
    assert contents.classes == ['road', 'sky'] and contents.class_iou('semgan', 'sky') == 32
    assert contents.class_iou('semgan', 'train') is None
    chart = xml.etree.ElementTree.parse(tmp_path / 'chart.svg').getroot()
    bars = [bar for bar in chart.iter('{http://www.w3.org/2000/svg}rect') if bar.get('y')][:3]
    widths = [float(bar.get('width')) for bar in bars]
    # Means 15, 22 and 12.5; the longest possible bar is the largest value, 28.
    assert widths == pytest.approx([420 * v / 28 for v in (15, 22, 12.5)], abs=0.1)
    # Of a row that one seed has not finished, the other counts, and the table says so.
    os.remove(tmp_path / 'semgan-1.json')
    lines = table.write_table(the_suite, jobs, tmp_path).splitlines()
    assert '| SemGAN | 16.0 | 21.0 | 50.0 | – | 1 |' in lines
    # The best is one of those with the most seeds.
    assert table.Table(the_suite, jobs).best('mIoU') == 'source_only'
    os.remove(tmp_path / 'semgan-0.json')
    assert 'SemGAN' not in table.write_table(the_suite, jobs, tmp_path)


def test_what_is_published_does_not_say_where_data_lies(configs, tmp_path, monkeypatch):
    monkeypatch.setenv('SEMGAN_DATA', '/my/disk/data')
    (job,) = scheduler.plan(Suite.load('tiny'), tmp_path, [0], ['oracle'])
    text = "data_root = '/my/disk/data'\nfew = '/my/disk/data/few'\nother = '/my/disk/data2'"
    content = dict(text=text, metrics=dict(mIoU=1.5))
    job.result_file.write_text(json.dumps(content))
    (tmp_path / 'results.md').write_text('| a table |')
    (tmp_path / 'index.html').write_text('frames')
    table.publish(Suite.load('tiny'), [job], tmp_path, tmp_path / 'docs')
    assert sorted(p.name for p in (tmp_path / 'docs').iterdir()) == ['oracle-0.json', 'results.md']
    own = Suite('tiny', {}, {}, {}, own_frames=True)
    table.publish(own, [job], tmp_path, tmp_path / 'own')
    assert (tmp_path / 'own' / 'index.html').read_text() == 'frames'
    published = json.loads((tmp_path / 'docs' / 'oracle-0.json').read_text())
    text = "data_root = '$SEMGAN_DATA'\nfew = '$SEMGAN_DATA/few'\nother = '/my/disk/data2'"
    assert published == dict(text=text, metrics=dict(mIoU=1.5))
    # What is relative says nothing of this machine, and is part of many words.
    monkeypatch.setenv('SEMGAN_DATA', 'data')
    table.publish(Suite.load('tiny'), [job], tmp_path, tmp_path / 'docs')
    assert json.loads((tmp_path / 'docs' / 'oracle-0.json').read_text()) == content


def test_a_class_that_labels_do_not_show_is_not_averaged():
    """However many pixels are taken for it; mmseg would count it as 0 from the first."""
    metric = ClassIoUMetric()
    metric.dataset_meta = dict(classes=['road', 'sky', 'fence', 'car'])
    label = torch.tensor([[0, 0, 0, 1, 1, 255, 3, 3]])
    found = torch.tensor([[0, 0, 1, 1, 1, 2, 2, 3]])
    sample = dict(pred_sem_seg=dict(data=found), gt_sem_seg=dict(data=label))
    metric.process({}, [sample])
    values = metric.compute_metrics(metric.results)
    # road 2 / 3, sky 2 / 3, car 1 / 2
    assert [values[f'IoU.{name}'] for name in ('road', 'sky', 'car')] == [66.67, 66.67, 50.0]
    assert math.isnan(values['IoU.fence'])
    assert values['mIoU'] == pytest.approx(100 * (2 / 3 + 2 / 3 + 1 / 2) / 3, abs=0.01)
    assert values['aAcc'] == pytest.approx(100 * 5 / 7, abs=0.01)


def test_a_look_is_of_every_frame(segmenter, monkeypatch):
    """Also of a row that translates half of them."""
    monkeypatch.setattr(row_transforms.TRANSFORMS, 'build', lambda cfg: cfg)
    training_data = dict(restyle=dict(type='SemGANTranslate', translator='semgan', prob=0.5))
    job = scheduler.Job(
        'semgan', 0, suite.Training('segmenter.py', training_data=training_data), Path('x')
    )
    assert row_transforms.RowTransform(segmenter, job).step == dict(
        type='SemGANTranslate', ckpt=None
    )
    assert training_data['restyle']['prob'] == 0.5
