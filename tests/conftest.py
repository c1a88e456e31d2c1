"""Fixtures that all tests share."""

import os
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmseg.utils import register_all_modules

REPO = Path(__file__).resolve().parents[1]


def pytest_configure() -> None:
    """What a user's config does with ``default_scope = 'mmseg'``."""
    if DefaultScope.get_current_instance() is None:
        register_all_modules(init_default_scope=True)


@pytest.fixture(scope='session')
def semgan_data() -> Path:
    """Folder of the real data (see its README): ``SEMGAN_DATA``, or ``../shared/data``."""
    folder = Path(os.environ.get('SEMGAN_DATA', REPO.parent / 'shared' / 'data'))
    if not folder.is_dir():
        pytest.skip(f'real data is absent: SEMGAN_DATA or {folder} does not exist')
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Translated frames of a test are kept for it alone; the tools that it starts inherit it."""
    monkeypatch.setenv('SEMGAN_CACHE', str(tmp_path / 'translation_cache'))


@pytest.fixture(scope='session', autouse=True)
def one_thread():
    """The nets are so small that more threads only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture
def run_tool(monkeypatch, capsys):
    """Runs a tool in this process, where everything is imported already.

    Gives what it printed, and the sentence or code with which it stopped.
    """

    def run(name: str, *args) -> str:
        path = REPO / 'tools' / f'{name}.py'
        monkeypatch.setattr(sys, 'argv', [str(path), *map(str, args)])
        stopped = ''
        try:
            runpy.run_path(str(path), run_name='__main__')
        except SystemExit as stop:
            stopped = str(stop)
        return capsys.readouterr().out + stopped

    return run


@pytest.fixture(scope='session')
def frames(tmp_path_factory) -> Path:
    """Where MiniStreets frames of the tests lie, so that they are drawn once."""
    return tmp_path_factory.mktemp('ministreets')


@pytest.fixture(scope='session')
def trained(tmp_path_factory, frames) -> Path:
    """Work dir of a tiny SemGAN trained for 4 iterations: iter_2.pth, iter_4.pth, pictures."""
    folder = tmp_path_factory.mktemp('trained')
    cfg = Config.fromfile(tiny.write_semgan_config(folder, frames))
    cfg.work_dir = cfg.experiment_name = str(folder)
    Runner.from_cfg(cfg).train()
    return folder


@pytest.fixture(scope='session')
def ckpt(trained) -> Path:
    """The last checkpoint of :func:`trained`, of the 10 classes of MiniStreets."""
    return trained / 'iter_4.pth'


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    """A frame of 16 x 24 with all 10 classes and some ignored pixels."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (16, 24, 3), dtype=np.uint8)
    ids = rng.integers(0, tiny.NUM_CLASSES, (16, 24), dtype=np.uint8)
    ids[:3, :5] = 255
    return image, ids


@pytest.fixture
def make_runner(tmp_path, frames):
    """Builds a runner of the tiny config, changed by dotted overrides."""
    count = iter(range(99))

    def make(**options):
        folder = tmp_path / str(next(count))
        folder.mkdir()
        cfg = Config.fromfile(tiny.write_semgan_config(folder, frames, iters=2))
        cfg.merge_from_dict(options)
        cfg.work_dir = cfg.experiment_name = str(folder)
        return Runner.from_cfg(cfg)

    return make
