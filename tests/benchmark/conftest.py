"""Fixtures of the benchmark's tests: a tiny suite in a config folder of its own."""

import runpy
import sys

import pytest
import tiny
import tiny_suite
from mmengine.config import Config

from semgan_aug.benchmark import suite


@pytest.fixture
def configs(tmp_path, frames, monkeypatch):
    """A config folder with the suite 'tiny', which is where suites are looked for."""
    root = tmp_path / 'configs'
    tiny_suite.write_suite(root, tiny.REPO / 'mmseg_configs', frames)
    tiny.write_semgan_config(root, frames, iters=60, interval=10)
    monkeypatch.setattr(suite, 'CONFIG_ROOT', root)
    return root


@pytest.fixture
def segmenter(configs):
    """The config of the suite's segmenter."""
    return Config.fromfile(configs / 'segmenter.py')


@pytest.fixture
def run_benchmark(monkeypatch, capsys):
    """Runs tools/benchmark.py on the suite; gives stdout with the reason of a stop, and stderr."""

    def run(work_dir, *arguments):
        arguments = ['benchmark.py', 'tiny', '--work-dir', work_dir, *arguments]
        monkeypatch.setattr(sys, 'argv', [str(argument) for argument in arguments])
        stopped = ''
        try:
            runpy.run_path(str(tiny.REPO / 'tools' / 'benchmark.py'), run_name='__main__')
        except SystemExit as stop:
            stopped = str(stop)
        printed = capsys.readouterr()
        return printed.out + stopped, printed.err

    return run
