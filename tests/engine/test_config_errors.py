"""Errors while things are built from a config."""

import pytest
import tiny
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.registry import DATASETS, MODELS

from semgan_aug.core.errors import ConfigError, InputError
from semgan_aug.engine.config_errors import building, entry_of
from semgan_aug.engine.hooks import NonFiniteLossError


def told(error, **options):
    with pytest.raises(ConfigError) as caught, building('a.py', **options):
        raise error
    tiny.assert_one_sentence(str(caught.value))
    assert caught.value.__cause__ is error
    return str(caught.value)


@pytest.mark.parametrize(
    'error, message',
    [
        (TypeError('it is no list'), 'a.py: it is no list; correct the config or the option'),
        (ValueError('It is wrong.'), 'a.py: It is wrong; correct the config or the option'),
        (KeyError('img'), 'a.py: KeyError: img; correct the config or the option'),
        (AssertionError(), 'a.py: AssertionError; correct the config or the option'),
        (InputError('x is 2, but 1 is allowed'), 'a.py: x is 2, but 1 is allowed'),
        (InputError('there is no config at a.py'), 'there is no config at a.py'),
        (FileNotFoundError('no folder b; set data_root'), 'a.py: no folder b; set data_root; corr'),
        (
            ValueError('need at least one array to concatenate'),
            'a.py: no frames were found; check data_root, data_prefix and ann_file',
        ),
        (FileNotFoundError(2, 'No such file', 'data/x'), 'a.py: there is no data/x; correct the'),
        (SyntaxError('( was never closed'), 'a.py, or one of its bases, is no valid Python'),
    ],
)
def test_what_is_said(error, message):
    assert told(error).startswith(message)


def test_the_entry_where_the_traceback_does_not_tell_it():
    said = told(KeyError('gt_seg_map'), entry='train_dataloader.dataset')
    assert said.startswith('a.py: train_dataloader.dataset: KeyError: gt_seg_map')


@pytest.mark.parametrize(
    'error',
    [OSError(28, 'No space left on device'), NonFiniteLossError('a'), ConfigError('told already')],
)
def test_what_is_not_the_config_s_fault(error):
    with pytest.raises(type(error)) as caught, building('a.py'):
        raise error
    assert caught.value is error


@pytest.mark.parametrize('cfg', [None, Config(dict(a=1)), Config(dict(work_dir='work'))])
def test_a_missing_file_is_the_config_s_fault(cfg):
    said = told(FileNotFoundError(2, 'No such file', 'data/x'), cfg=cfg)
    assert said.startswith('a.py: there is no data/x;')


def test_the_work_dir_is_not():
    cfg, error = Config(dict(work_dir='work')), FileNotFoundError(2, 'No such file', 'work/x')
    with pytest.raises(FileNotFoundError) as caught, building('a.py', cfg):
        raise error
    assert caught.value is error


class Loop:
    def run(self, call_hook):
        call_hook('before_train')
        raise ValueError('in an iteration')


def test_what_is_raised_in_training_stays_as_it_is():
    def call_hook(fn_name):
        pass

    with pytest.raises(ValueError, match='^in an iteration$'), building('a.py', until=Loop.run):
        Loop().run(call_hook)
    with pytest.raises(ConfigError), building('a.py'):
        Loop().run(call_hook)


def test_hooks_that_run_before_training_count_as_building():
    def call_hook(fn_name):
        raise TypeError('interval must be an integer')

    with pytest.raises(ConfigError, match='interval must'), building('a.py', until=Loop.run):
        Loop().run(call_hook)


def entry(cfg, build):
    with pytest.raises(Exception) as caught:
        build()
    return entry_of(caught.value.__traceback__, cfg)


def test_entries():
    domain = dict(type='BaseSegDataset', data_root='none', ann_file='none.txt', pipeline=[])
    pair = dict(type='UnpairedDataset', source=domain, target=dict(domain))
    steps = [dict(type='LoadImageFromFile'), dict(type='Nothing')]
    cfg = Config(
        dict(
            source=domain,  # a variable of the config, no entry
            model=dict(type='CycleGAN', num_classes=3, weight=1),
            train_dataloader=dict(dataset=pair),
            val_dataloader=dict(dataset=domain | dict(pipeline=steps)),
        )
    )
    assert entry(cfg, lambda: MODELS.build(cfg.model)) == 'model'
    # The source is built first, so it is the one of two equal domains.
    found = entry(cfg, lambda: DATASETS.build(cfg.train_dataloader.dataset))
    assert found == 'train_dataloader.dataset.source'
    found = entry(cfg, lambda: DATASETS.build(cfg.val_dataloader.dataset))
    assert found == 'val_dataloader.dataset.pipeline.1'
    assert entry(cfg, lambda: DATASETS.build(dict(type='Unknown'))) == ''
    assert entry(None, lambda: MODELS.build(cfg.model)) == ''


def test_entries_of_a_runner(tmp_path, frames):
    cfg = Config.fromfile(tiny.write_semgan_config(tmp_path, frames))
    cfg.work_dir = cfg.experiment_name = str(tmp_path)
    cfg.train_dataloader.batch_size = 0
    runner = Runner.from_cfg(cfg)
    assert entry(cfg, lambda: runner.train_loop) == 'train_dataloader'
