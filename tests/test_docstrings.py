"""The examples in docstrings run, and every class that a config can name has one."""

import doctest
import importlib
import pkgutil
import shutil

import numpy as np
import pytest
import tiny
from mmseg.registry import (
    DATA_SAMPLERS,
    DATASETS,
    HOOKS,
    METRICS,
    MODEL_WRAPPERS,
    MODELS,
    OPTIM_WRAPPER_CONSTRUCTORS,
    OPTIM_WRAPPERS,
    TRANSFORMS,
)

import semgan_aug

EXPORT = tiny.REPO / 'tests' / 'data' / 'before' / 'translator.safetensors'
REGISTRIES = (
    DATASETS,
    DATA_SAMPLERS,
    TRANSFORMS,
    MODELS,
    MODEL_WRAPPERS,
    OPTIM_WRAPPERS,
    OPTIM_WRAPPER_CONSTRUCTORS,
    HOOKS,
    METRICS,
)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples():
    """Every documented object of the package that has an example."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    for info in pkgutil.walk_packages(semgan_aug.__path__, 'semgan_aug.'):
        module = importlib.import_module(info.name)
        for test in finder.find(module, info.name):
            if test.examples:
                yield pytest.param(test, id=test.name.removeprefix('semgan_aug.'))


def registered():
    """Every class of ours that a user's config can name; those of the benchmark are for itself."""
    for registry in REGISTRIES:
        for name, cls in sorted(registry.module_dict.items()):
            folder = cls.__module__.removeprefix('semgan_aug.').partition('.')[0]
            if cls.__module__.startswith('semgan_aug.') and folder != 'benchmark':
                yield pytest.param(cls, id=name)


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
