"""One job: its config, and when it does not start."""

import sys

import pytest
import tiny

from semgan_aug.benchmark.job import alone_in, job_config
from semgan_aug.engine.config import find_dicts


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


@pytest.mark.slow
def test_a_job_whose_parent_is_gone_or_whose_folder_is_held(configs, tmp_path):
    command = [sys.executable, '-m', 'semgan_aug.benchmark.job', str(configs / 'segmenter.py')]
    command += ['--work-dir', str(tmp_path / 'w'), '--result', str(tmp_path / 'r'), '--seed', '0']
    done = tiny.call(*command, '--parent', '1', cwd=tmp_path)
    assert done.returncode == 1 and 'the process that started this job is gone' in done.stdout
    with alone_in(str(tmp_path / 'w')):
        done = tiny.call(*command, cwd=tmp_path)
    assert done.returncode == 1 and 'another process works in' in done.stdout
    assert sorted(p.name for p in (tmp_path / 'w').iterdir()) == ['lock']
