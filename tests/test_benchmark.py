"""The table: suites, jobs that survive a kill, and the numbers of the report."""

import json
import math
import os
import runpy
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest
import tiny

from semgan_aug.benchmark import board, report, suite
from semgan_aug.benchmark.job import job_config
from semgan_aug.benchmark.suite import Suite
from semgan_aug.training import find_dicts

SEGMENTER = """
_base_ = ['{configs}/_base_/default_runtime.py']
custom_hooks = []
frames = dict(type='MiniStreetsDataset', size=(24, 32), data_root='{data}')
load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
pack = [dict(type='PackSegInputs')]
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(type='SegDataPreProcessor', size_divisor=8),
    backbone=dict(type='DRN', arch='D-22', widths=(4,) * 8),
    decode_head=dict(type='FCNHead', in_channels=4, channels=4, num_convs=0, concat_input=False,
        num_classes=10, align_corners=False),
    test_cfg=dict(mode='whole'))
train_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(num_frames=3, domain='{domain}', pipeline=[*load, {translate} *pack], **frames))
val_dataloader = dict(
    batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(num_frames=3, domain='camera', first=1000, test_mode=True,
        pipeline=[*load, *pack], **frames))
val_evaluator = dict(type='ClassIoUMetric')
val_cfg = dict(type='ValLoop')
train_cfg = dict(type='IterBasedTrainLoop', max_iters=2, val_interval=2)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))
default_hooks = dict(
    timer=dict(type='IterTimerHook'), logger=dict(type='LoggerHook', interval=1),
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1))
"""

SUITE = """
translator = 'tiny_semgan.py'
rows = dict(source_only='source.py', semgan='semgan.py', oracle='oracle.py')
cost = dict(translator=4, source_only=1, semgan=1, oracle=1)
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
    (root / 'suites').mkdir(parents=True)
    tiny.write_semgan_config(root, frames, iters=60, interval=10)
    for name, domain, translate in (
        ('source', 'game', ''),
        ('semgan', 'game', "dict(type='SemGANTranslate', ckpt='none.pth'),"),
        ('oracle', 'camera', ''),
    ):
        text = SEGMENTER.format(
            configs=tiny.REPO / 'mmseg_configs', data=frames, domain=domain, translate=translate
        )
        (root / f'{name}.py').write_text(text)
    (root / 'suites' / 'tiny.py').write_text(SUITE)
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
        return (work_dir / 'translator-0' / 'iter_10.pth').exists()

    tiny.kill_when(first, in_the_middle)
    assert running and not (work_dir / 'translator-0.json').exists()
    for _ in range(200):
        if not any(map(alive, running)):
            break
        time.sleep(0.05)
    assert not any(map(alive, running)), 'a training outlived the process that started it'
    seconds_before = json.loads((work_dir / 'clock.json').read_text())['seconds']

    done = tiny.call(sys.executable, driver, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    log = (work_dir / 'translator-0' / 'job.log').read_text()
    resumed = int(log.rpartition('resumed epoch: 0, iter: ')[2].split()[0])
    assert resumed >= 10
    assert json.loads((work_dir / 'clock.json').read_text())['seconds'] > seconds_before

    # Results, and the table made of them.
    the_suite = Suite.load('tiny')
    jobs = board.plan(the_suite, work_dir, [0], list(the_suite.rows))
    results = {job.name: job.result() for job in jobs}
    assert list(results) == ['translator', 'source_only', 'semgan', 'oracle']
    assert results['translator']['checkpoint'].endswith('iter_60.pth')
    assert results['translator']['metrics'] == {}
    assert results['translator']['checkpoint'] in results['semgan']['text']
    table = (work_dir / 'results.md').read_text()
    assert table in done.stdout
    for name, title in (('source_only', 'source only'), ('semgan', 'SemGAN')):
        metrics = results[name]['metrics']
        assert {'mIoU', 'aAcc', 'IoU.road', 'IoU.sky'} <= set(metrics)
        assert f'| {title} | {metrics["mIoU"]:.1f} | ' in table

    # A third call trains nothing.
    started = time.monotonic()
    clock = board.run(jobs, the_suite.cost, 1, work_dir / 'clock.json')
    assert time.monotonic() - started < 1
    assert clock == json.loads((work_dir / 'clock.json').read_text())['seconds']

    report.write_panel(the_suite, jobs, tmp_path / 'panel.png')
    height, width = cv2.imread(str(tmp_path / 'panel.png')).shape[:2]
    assert height > 2 * 3 * 24 * 8 and width >= 5 * 32 * 8  # two grids of 3 x 5, eight-fold


def test_unknown_suite_names_those_there_are(configs):
    message = "no suite 'cityscapes'; choose one of: tiny"
    with pytest.raises(FileNotFoundError, match=message) as error:
        Suite.load('cityscapes')
    tiny.assert_one_sentence(str(error.value))


@pytest.mark.parametrize(
    'name', [p.stem for p in (tiny.REPO / 'mmseg_configs/suites').glob('*.py')]
)
def test_suites_of_ours_name_configs_that_exist(name):
    the_suite = Suite.load(name)
    assert set(the_suite.cost) >= {*the_suite.rows, suite.TRANSLATOR}
    assert all(the_suite.config(job).is_file() for job in (*the_suite.rows, suite.TRANSLATOR))
    assert [row for row in the_suite.rows if the_suite.needs_translator(row)] == ['semgan']


def test_plan(configs, tmp_path):
    the_suite = Suite.load('tiny')
    jobs = board.plan(the_suite, tmp_path, [0, 1], ['source_only', 'semgan'])
    assert [(job.name, job.seed) for job in jobs] == [
        (name, seed) for seed in (0, 1) for name in ('translator', 'source_only', 'semgan')
    ]
    assert jobs[5].waits_for is jobs[3] and jobs[1].waits_for is None
    assert jobs[1].ready() and not jobs[5].ready()
    rows = board.plan(the_suite, tmp_path, [0], ['oracle'])
    assert [job.name for job in rows] == ['oracle']  # nothing waits for a translator


def test_fraction(configs, tmp_path):
    (job,) = board.plan(Suite.load('tiny'), tmp_path, [0], ['oracle'])
    assert job.fraction() == 0
    job.folder.mkdir()
    (job.folder / 'progress.json').write_text('{"iter": 5, "max_iters": 10, "seconds": 1}')
    assert job.fraction() == pytest.approx(0.49)
    job.result_file.write_text('{}')
    assert job.fraction() == 1


def test_job_config(configs, tmp_path):
    cfg = job_config(str(configs / 'semgan.py'), str(tmp_path / 'w'), 7, 'trained.pth')
    assert cfg.randomness == dict(seed=7) and cfg.work_dir == str(tmp_path / 'w')
    assert [t['ckpt'] for t in find_dicts(cfg, 'SemGANTranslate')] == ['trained.pth']
    assert cfg.custom_hooks[-1].file == str(tmp_path / 'w' / 'progress.json')


def test_a_failing_job_names_its_log(configs, tmp_path):
    jobs = board.plan(Suite.load('tiny'), tmp_path, [0], ['oracle'])
    config = configs / 'oracle.py'
    config.write_text(config.read_text() + "model['type'] = 'NoSuchModel'\n")
    with pytest.raises(board.JobFailed, match=r'oracle \(seed 0\) ended without a result') as error:
        board.run(jobs, dict(oracle=1), 1, tmp_path / 'clock.json')
    log = tmp_path / 'oracle-0' / 'job.log'
    assert str(log) in str(error.value) and 'NoSuchModel' in log.read_text()
    tiny.assert_one_sentence(str(error.value))


def test_a_changed_config_is_not_mixed_with_what_it_made(configs, tmp_path):
    jobs = board.plan(Suite.load('tiny'), tmp_path, [0], ['source_only', 'semgan'])
    for job in jobs:  # as if trained
        job.folder.mkdir()
        (job.folder / 'config_digest').write_text(job.digest())
        job.result_file.write_text('{}')
    clock = tmp_path / 'clock.json'
    assert board.run(jobs, {}, 1, clock) == 0  # nothing to do

    translator = configs / 'tiny_semgan.py'
    translator.write_text(translator.read_text() + 'model.update(pool_size=3)\n')
    jobs[1].require_same_config()
    for job in (jobs[0], jobs[2]):  # the row depends on its translator
        with pytest.raises(board.JobFailed, match='was begun with another config') as error:
            job.require_same_config()
        assert str(job.folder) in str(error.value) and str(job.result_file) in str(error.value)
        tiny.assert_one_sentence(str(error.value))
    with pytest.raises(board.JobFailed):
        board.run(jobs, {}, 1, clock)


@pytest.mark.parametrize(
    'tool, arguments, message',
    [
        ('benchmark.py', ['ministreets', '--jobs', '0'], '--jobs is 0, but 1 or more'),
        ('benchmark.py', ['ministreets', '--seeds', '0', '-1'], r'--seeds are \[0, -1\], but 0'),
        ('benchmark.py', ['ministreets', '--rows', 'best'], r"no row \['best'\]; choose from"),
        ('benchmark.py', ['paper'], "no suite 'paper'; choose one of: dusk, gta, ministreets"),
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
    assert report.gap_closed(rows, 'semgan') == 0.672
    assert report.gap_closed(rows, 'source_only') == 0 and report.gap_closed(rows, 'oracle') == 1
    for oracle in (11.65, 10.0):  # no gap, or less than none
        rows['oracle'] = dict(mIoU=oracle)
        assert math.isnan(report.gap_closed(rows, 'semgan'))


def result(mean, accuracy, **ious):
    return dict(metrics=dict(mIoU=mean, aAcc=accuracy, **{f'IoU.{k}': v for k, v in ious.items()}))


def test_scores():
    metrics = result(40.0, 80.0, road=60.0, sky=50.0, train=None)
    subsets = {'mIoU-2': ['road', 'sky'], 'mIoU-3': ['road', 'sky', 'train']}
    assert report.scores(metrics, subsets) == {
        'mIoU': 40.0,
        'accuracy': 80.0,
        'mIoU-2': 55.0,
        'mIoU-3': 55.0,  # a class that no frame shows does not count
    }


def test_table_over_two_seeds(configs, tmp_path):
    the_suite = Suite.load('tiny')
    jobs = board.plan(the_suite, tmp_path, [0, 1], list(the_suite.rows))
    values = dict(
        source_only=[(10, 40), (20, 40)], semgan=[(16, 50), (28, 52)], oracle=[(30, 60), (30, 60)]
    )
    for job in jobs:
        if job.name != 'translator':
            mean, accuracy = values[job.name][job.seed]
            content = result(mean, accuracy, road=mean, sky=mean + 10)
            job.result_file.write_text(json.dumps(content))
    text = report.write_table(the_suite, jobs, tmp_path)
    assert text == (tmp_path / 'results.md').read_text()
    # Deviations of two values are |a - b| / sqrt 2. Gaps closed: 6 / 20 = 30 %, 8 / 10 = 80 %.
    assert text.splitlines() == [
        'Suite tiny, seeds 0, 1; % on held-out target frames.',
        '',
        '| row | mIoU | mIoU-2 | accuracy | gap closed |',
        '|---|---|---|---|---|',
        '| source only | 15.0 ± 7.1 | 20.0 ± 7.1 | 40.0 ± 0.0 | 0.0 ± 0.0 % |',
        '| SemGAN | 22.0 ± 8.5 | 27.0 ± 8.5 | 51.0 ± 1.4 | 55.0 ± 35.4 % |',
        '| target oracle | 30.0 ± 0.0 | 35.0 ± 0.0 | 60.0 ± 0.0 | 100.0 ± 0.0 % |',
    ]
    # An oracle below source only leaves no gap.
    job = next(job for job in jobs if job.name == 'oracle')
    job.result_file.write_text(json.dumps(result(5, 60, road=5, sky=5)))
    assert report.write_table(the_suite, jobs, tmp_path).count('| – |') == 3
    # A row that one seed has not finished is left out.
    os.remove(tmp_path / 'semgan-1.json')
    assert 'SemGAN' not in report.write_table(the_suite, jobs, tmp_path)


def test_what_is_published_does_not_say_where_data_lies(configs, tmp_path, monkeypatch):
    monkeypatch.setenv('SEMGAN_DATA', '/my/disk/data')
    (job,) = board.plan(Suite.load('tiny'), tmp_path, [0], ['oracle'])
    content = dict(text="data_root = '/my/disk/data'", metrics=dict(mIoU=1.5))
    job.result_file.write_text(json.dumps(content))
    (tmp_path / 'results.md').write_text('| a table |')
    report.publish([job], tmp_path, tmp_path / 'docs')
    assert sorted(p.name for p in (tmp_path / 'docs').iterdir()) == ['oracle-0.json', 'results.md']
    published = json.loads((tmp_path / 'docs' / 'oracle-0.json').read_text())
    assert published == dict(text="data_root = '$SEMGAN_DATA'", metrics=dict(mIoU=1.5))
