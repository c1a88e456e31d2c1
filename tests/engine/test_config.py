"""The config of a training."""

import pytest
import tiny
import torch
from mmengine.config import Config

from semgan_aug.core.errors import InputError
from semgan_aug.engine.config import find_dicts, training_config
from semgan_aug.translator.checkpoint import CheckpointError


@pytest.fixture
def config(tmp_path, frames):
    return tiny.write_semgan_config(tmp_path, frames)


def test_no_checkpoint_yet_starts_from_the_beginning(config, tmp_path):
    cfg = training_config(config, str(tmp_path / 'new'), resume=True)
    assert not cfg.resume and cfg.load_from is None


def test_default_work_dir(config):
    assert training_config(config).work_dir == 'work_dirs/tiny_semgan'


def test_hostile_pretrained_backbone(tmp_path):
    trace, evil = tmp_path / 'it_ran', tmp_path / 'evil.pth'
    torch.save(dict(state_dict={}, meta=tiny.Hostile(trace)), evil)
    options = {'model.backbone.init_cfg': dict(type='Pretrained', checkpoint=str(evil))}
    config = tiny.REPO / 'mmseg_configs' / 'drn' / 'drn_c26_100k_gta2cityscapes-768x768.py'
    with pytest.raises(CheckpointError, match='data only'):
        training_config(config, options=options)
    assert not trace.exists()


def test_missing_load_from(config, tmp_path):
    with pytest.raises(CheckpointError, match='there is no checkpoint at'):
        training_config(config, options=dict(load_from=str(tmp_path / 'none.pth')))


def test_a_missing_config():
    with pytest.raises(InputError, match='there is no config at none.py') as error:
        training_config('none.py')
    tiny.assert_one_sentence(str(error.value))


def test_the_newest_checkpoint_is_gone_on_from(config, trained):
    cfg = training_config(config, str(trained), resume=True)
    assert cfg.resume and cfg.load_from == str(trained / 'iter_4.pth')
    cfg = training_config(config, str(trained), options=dict(resume=True))
    assert cfg.resume and cfg.load_from == str(trained / 'iter_4.pth')
    assert not training_config(config, str(trained)).resume


@pytest.mark.parametrize('workers, kept', [(0, False), (2, True)])
def test_loaders_without_workers_have_no_persistent_ones(config, workers, kept):
    """torch refuses persistent_workers=True with num_workers=0."""
    options = {
        'train_dataloader.num_workers': workers,
        'train_dataloader.persistent_workers': True,
    }
    cfg = training_config(config, options=options)
    assert ('persistent_workers' in cfg.train_dataloader) == kept


def test_find_dicts():
    cfg = Config(dict(a=dict(type='A', b=[dict(type='B'), dict(c=(dict(type='B', d=1),))])))
    assert find_dicts(cfg, 'B') == [dict(type='B'), dict(type='B', d=1)]
    find_dicts(cfg, 'B')[0].e = 2
    assert cfg.a.b[0].e == 2
