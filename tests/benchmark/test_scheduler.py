"""The scheduler: which jobs there are, in which order, and which results count."""

import json

import pytest
import tiny
import tiny_suite

from semgan_aug.benchmark import scheduler
from semgan_aug.benchmark.suite import Suite
from semgan_aug.online import cache_folder


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


def test_a_translator_waits_for_the_row_that_labels_its_frames(configs, tmp_path):
    tiny_suite.change_suite(configs, append=tiny_suite.PSEUDO)
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
    tiny_suite.change_suite(configs, ("semgan_pseudo='source_only'", "semgan_pseudo='semgan'"))
    other = scheduler.plan(Suite.load('tiny'), tmp_path, [0], ['semgan_pseudo2'])
    assert other[-1].digest() != jobs[5].digest()


@pytest.mark.slow
def test_pseudo_labels_from_end_to_end(configs, tmp_path):
    tiny_suite.change_suite(configs, append=tiny_suite.PSEUDO)
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


def test_fraction(configs, tmp_path):
    (job,) = scheduler.plan(Suite.load('tiny'), tmp_path, [0], ['oracle'])
    assert job.fraction() == 0
    job.folder.mkdir()
    (job.folder / 'progress.json').write_text('{"iter": 5, "max_iters": 10, "seconds": 1}')
    assert job.fraction() == pytest.approx(0.49)
    job.result_file.write_text('{"metrics": {}}')
    assert job.fraction() == 1


@pytest.mark.slow
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
