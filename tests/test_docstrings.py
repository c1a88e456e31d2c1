"""The examples in docstrings run, and every class that a config can name has one."""

import doctest
import importlib
import pkgutil
import shutil

import numpy as np
import pytest
import tiny
from mmseg.registry import DATA_SAMPLERS, DATASETS, HOOKS, MODELS, TRANSFORMS

import semgan_aug

EXPORT = tiny.REPO / 'tests' / 'data' / 'before' / 'translator.safetensors'
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
#: Folders whose examples are still being written.
PENDING = ('models', 'translator', 'engine', 'online', 'evaluation', 'offline', 'benchmark')


def marked(module: str, value: object, name: str):
    folder = module.split('.')[1] if '.' in module else ''
    marks = [pytest.mark.xfail(strict=False, reason='being written')] * (folder in PENDING)
    return pytest.param(value, id=name, marks=marks)


def examples():
    """Every documented object of the package that has an example."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    for info in pkgutil.walk_packages(semgan_aug.__path__, 'semgan_aug.'):
        module = importlib.import_module(info.name)
        for test in finder.find(module, info.name):
            if test.examples:
                yield marked(info.name, test, test.name.removeprefix('semgan_aug.'))


def registered():
    """Every class of ours in a registry of mmseg."""
    for registry in (DATASETS, DATA_SAMPLERS, TRANSFORMS, MODELS, HOOKS):
        for name, cls in sorted(registry.module_dict.items()):
            if cls.__module__.startswith('semgan_aug.'):
                yield marked(cls.__module__, cls, name)


@pytest.fixture
def user_folder(tmp_path, monkeypatch):
    """The working directory of the examples: an export and three tiny data sets."""
    shutil.copy(EXPORT, tmp_path / 'translator.safetensors')
    for root, image, label, count in (
        ('gta5', 'images/{}.png', 'labels/{}.png', 35),
        ('camvid', 'images/train/{}.jpg', 'labels/train/{}.png', 12),
        (
            'cityscapes',
            'leftImg8bit/train/aachen/{}_leftImg8bit.png',
            'gtFine/train/aachen/{}_gtFine_labelIds.png',
            34,
        ),
    ):
        drawn = tmp_path / 'drawn' / root
        drawn.mkdir(parents=True)
        for stem in ('00001', '00002'):
            tiny.write_pair(drawn, stem, range(count))
            for folder, name in (('images', image), ('labels', label)):
                path = tmp_path / 'data' / root / name.format(stem)
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(drawn / folder / f'{stem}.png', path)
    (tmp_path / 'predicted').mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize('example', examples())
def test_example(example, user_folder):
    np.random.seed(0)
    report = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(example, out=report.append)
    assert not runner.failures, ''.join(report)


@pytest.mark.parametrize('cls', registered())
def test_every_class_of_a_config_has_an_example(cls):
    assert '>>> ' in (cls.__doc__ or ''), f'{cls.__module__}.{cls.__name__} needs an Example'
