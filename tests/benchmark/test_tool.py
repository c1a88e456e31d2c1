"""tools/benchmark.py and tools/demo.py: from end to end, through a kill, and with bad input."""

import json
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest
import tiny
import tiny_suite

from semgan_aug.benchmark import scheduler
from semgan_aug.benchmark.pictures import write_panel
from semgan_aug.benchmark.results import collect
from semgan_aug.benchmark.suite import Suite
from semgan_aug.benchmark.table import Table

# tools/benchmark.py with another folder of configs.
DRIVER = """
import os, runpy, sys
from pathlib import Path
os.sched_getaffinity = lambda pid: {{0}}  # one thread a job: others may use this machine
from semgan_aug.benchmark import suite
suite.CONFIG_ROOT = Path('{root}')
sys.argv = ['benchmark.py', 'tiny', '--jobs', '1', '--work-dir', '{work_dir}']
runpy.run_path('{tool}', run_name='__main__')
"""


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie has ended."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except FileNotFoundError:
        return False


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f'/proc/{pid}/task/{pid}/children').read_text().split()]


@pytest.mark.slow
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
    table = (work_dir / 'results' / 'tiny.md').read_text()
    assert table in done.stdout
    for name, title in (('source_only', 'source only'), ('semgan', 'SemGAN')):
        metrics = results[name]['metrics']
        assert {'mIoU', 'aAcc', 'IoU.road', 'IoU.sky'} <= set(metrics)
        assert f'| {title} | {metrics["mIoU"]:.1f} | ' in table

    # The page, and what it says of the labels.
    page = work_dir / 'results' / 'tiny.html'
    html = page.read_text()
    tiles = 3 * (1 + 1 + 1) + 3 * (2 + 3)  # frames: source, SemGAN, target; then predictions
    assert html.count('data:image/jpeg;base64,') == tiles and '<b>' in html
    assert all(title in html for title in ('source only', 'SemGAN', 'target oracle', 'IoU of each'))
    assert 'http' not in html  # it needs nothing else
    published = json.loads((work_dir / 'results' / 'tiny.json').read_text())
    consistency = published['label_consistency']
    assert set(consistency) == {'source_only', 'semgan'}
    assert consistency['source_only']['kept'] == 100 > consistency['semgan']['kept'] > 0
    page.unlink()
    driver.write_text(driver.read_text().replace("'--jobs', '1'", "'--report-only'"))
    done = tiny.call(sys.executable, driver, cwd=tmp_path)
    assert done.returncode == 0 and page.read_text() == html, done.stdout

    # A third call trains nothing.
    logs = [(p, p.stat().st_mtime_ns) for p in sorted(work_dir.glob('*/job.log'))]
    clock = scheduler.run(jobs, 1, work_dir / 'clock.json')
    assert len(logs) == 4 and logs == [(p, p.stat().st_mtime_ns) for p, _ in logs]
    assert clock == json.loads((work_dir / 'clock.json').read_text())['seconds']

    write_panel(Table(collect(the_suite, jobs)), jobs, tmp_path / 'panel.png')
    height, width = cv2.imread(str(tmp_path / 'panel.png')).shape[:2]
    assert height > 2 * 3 * 24 * 8 and width >= 5 * 32 * 8  # two grids of 3 x 5, eight-fold


@pytest.mark.slow
def test_report_of_results_alone(configs, tmp_path, run_benchmark):
    """The table is of all finished rows, whatever is asked for; missing pictures are named."""
    tiny_suite.write_results(Suite.load('tiny'), tmp_path, seeds=(3, 5))
    consistency = dict(kept=99.0, mIoU=50.0, IoU={}, confusions={'sky → building': 1.0})
    (tmp_path / 'results').mkdir()
    published = tmp_path / 'results' / 'tiny.json'
    published.write_text(json.dumps(dict(label_consistency=dict(semgan=consistency, x={}))))
    printed, said = run_benchmark(
        tmp_path, '--report-only', '--rows', 'oracle', '--seeds', '0', '--publish', tmp_path / 'p'
    )
    table = (tmp_path / 'results' / 'tiny.md').read_text()
    assert 'seeds 3, 5;' in table and table.count('| 2 |\n') == 3 and table in printed
    html = (tmp_path / 'results' / 'tiny.html').read_text()
    assert 'SemGAN' in html and 'base64' in html  # the source frames are there
    assert json.loads(published.read_text())['label_consistency'] == dict(semgan=consistency)
    for what in (
        'frames translated by semgan',
        'label consistency',
        'the predictions of oracle',
    ):
        assert f'Left out of the page: {what}' in said
    assert 'gone.pth' in said
    # The page is not published: the suite does not say that its frames may be.
    names = ['tiny.json', 'tiny.md', 'tiny.svg']
    assert sorted(path.name for path in (tmp_path / 'p').iterdir()) == names
    assert (tmp_path / 'p' / 'tiny.json').read_bytes() == published.read_bytes()


@pytest.mark.slow
def test_the_page_is_published_if_its_frames_may_be(configs, tmp_path, run_benchmark):
    tiny_suite.change_suite(configs, append='own_frames = True\n')
    tiny_suite.write_results(Suite.load('tiny'), tmp_path)
    run_benchmark(tmp_path, '--report-only', '--publish', tmp_path / 'p')
    html = (tmp_path / 'p' / 'tiny.html').read_text()
    assert html == (tmp_path / 'results' / 'tiny.html').read_text()


def test_results_that_are_none(configs, tmp_path, run_benchmark):
    tiny_suite.write_results(Suite.load('tiny'), tmp_path)
    file = tmp_path / 'oracle-0.json'
    for content in ('', '{"metrics"', '[]', '{}'):
        file.write_text(content)
        for arguments in ([], ['--report-only']):
            stopped, _ = run_benchmark(tmp_path, *arguments)
            assert f'{file} is damaged' in stopped or f'{file} holds no result' in stopped
            tiny.assert_one_sentence(stopped)
    stopped, _ = run_benchmark(file)
    assert 'Not a directory' in stopped or 'File exists' in stopped
    tiny.assert_one_sentence(stopped)


def test_report_of_nothing(configs, tmp_path, run_benchmark):
    stopped, _ = run_benchmark(tmp_path, '--report-only')
    assert 'no finished row in' in stopped and 'without --report-only' in stopped
    tiny.assert_one_sentence(stopped)


@pytest.mark.parametrize(
    'tool, arguments, message',
    [
        ('benchmark', ['ministreets', '--jobs', '0'], '--jobs is 0, but 1 or more'),
        ('benchmark', ['ministreets', '--seeds', '0', '-1'], '--seeds is -1, but 0 ... 4294967295'),
        ('benchmark', ['ministreets', '--rows', 'best'], "no row ['best']; choose from"),
        ('benchmark', ['paper'], "no suite 'paper'"),
        ('demo', ['--seed', '4294967296'], '--seed is 4294967296, but 0 ... 4294967295'),
    ],
)
def test_wrong_arguments(run_tool, tool, arguments, message):
    stopped = run_tool(tool, *arguments)
    assert message in stopped
    tiny.assert_one_sentence(stopped)
