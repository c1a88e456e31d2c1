"""tools/train_semgan.py: what it says of a wrong config, of wrong data and of Ctrl-C."""

import importlib.util
import sys

import numpy as np
import pytest
import tiny
import torch

from semgan_aug.models import losses

TRAIN = tiny.REPO / 'tools' / 'train_semgan.py'


@pytest.fixture
def config(tmp_path, frames):
    return tiny.write_semgan_config(tmp_path, frames)


def run_main(monkeypatch, *arguments) -> None:
    """Runs train_semgan.py in this process."""
    monkeypatch.setattr(sys, 'argv', ['train_semgan.py', *map(str, arguments)])
    spec = importlib.util.spec_from_file_location('train_semgan', TRAIN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main()


def main_ends_with(monkeypatch, *arguments) -> str:
    """What train_semgan.py says when it refuses; SystemExit with a text is exit status 1."""
    with pytest.raises(SystemExit) as error:
        run_main(monkeypatch, *arguments)
    assert isinstance(error.value.code, str)
    tiny.assert_one_sentence(error.value.code)
    return error.value.code


LOADER = 'train_dataloader'
SOURCE = 'train_dataloader.dataset.source'
TARGET = 'train_dataloader.dataset.target'
LR = 'optim_wrapper.generators.optimizer'


@pytest.mark.slow
@pytest.mark.parametrize(
    'option, entry, message',
    [
        # Loaders
        ('train_dataloader.batch_size=0', LOADER, 'positive integer value, but got batch_size=0'),
        ('train_dataloader.batch_size=-1', LOADER, 'but got batch_size=-1'),
        ('train_dataloader.batch_size=two', LOADER, 'but got batch_size=two'),
        ('train_dataloader.num_workers=-1', LOADER, 'num_workers option should be non-negative'),
        ('train_dataloader.workers=2', LOADER, "unexpected keyword argument 'workers'"),
        ('train_dataloader.sampler.type=Any', LOADER + '.sampler', 'Any is not in the mmseg::data'),
        # Datasets
        (f'{SOURCE}.indices=[7]', SOURCE, 'list index out of range'),
        (f'{SOURCE}.num_frames=0', SOURCE, 'num_frames is 0, but a whole number from 1'),
        (f'{SOURCE}.domain=moon', SOURCE, "domain is 'moon', but one of ('game', 'camera')"),
        (f'{TARGET}.type=NoDataset', TARGET, 'NoDataset is not in the mmseg::dataset registry'),
        (f'{TARGET}.pipeline.0.type=No', f'{TARGET}.pipeline.0', 'No is not in the mmseg::transf'),
        (f'{TARGET}.pipeline.3.crop_size=0', f'{TARGET}.pipeline.3', 'AssertionError'),
        (f'{TARGET}.pipeline.4.prob=2', f'{TARGET}.pipeline.4', 'probs must be float or list'),
        (f'{TARGET}.pipeline.1.type=CheckPair', 'train_dataloader.dataset', 'LoadAnnotations'),
        # Networks
        ('model.class_colours=True', 'model', 'class_colours is called class_colors now'),
        ('model.generator.base_channels=0', 'model', 'no channels; make base_channels 1 or more'),
        ('model.discriminator.base_channels=0', 'model', 'D_T.body.0.weight is of the size (0, 13'),
        ('model.generator.base_channels=-1', 'model', 'negative dimension -1'),
        ('model.generator.num_blocks=-1', 'model', '0 ... num_blocks (-1) is allowed'),
        ('model.discriminator.num_strided=-1', 'model', 'num_strided is -1, but a whole number'),
        ('model.generator.amp_dtype=half', 'model', "amp_dtype is 'half', but None or one of"),
        # The model
        ('model.emadecay=0.9', 'model', "unexpected keyword argument 'emadecay'"),
        ('model.compile=yes', 'model', "compile is 'yes', but True, False"),
        ('model.ema_decay=1', 'model', 'ema_decay is 1, but 0 ... 1 (without 1) is allowed'),
        ('model.pool_size=-1', 'model', 'pool_size is -1, but a whole number from 0 is allowed'),
        ('model.weights.dom=much', 'model', "weights.dom is 'much', but a number from 0 is"),
        ('model.weights.adv=-1', 'model', 'weights.adv is -1, but a number from 0 is allowed'),
        ('model.transfigured=[10]', 'model', 'transfigured is [10], but a list of class ids from'),
        ('model.num_classes=0', 'model', 'num_classes is 0, but a whole number from 1 to 255 is'),
        ('model.num_classes=11', '', 'num_classes=11, but the data has 10 classes'),
        # Optimizers and hooks
        (f'{LR}.lr=nan', 'optim_wrapper', 'generators of the config is refused (Invalid learning'),
        (f'{LR}.type=Adamm', 'optim_wrapper', 'Adamm is not in the mmseg::optimizer'),
        ('optim_wrapper.generators.accumulative_counts=0', 'optim_wrapper', 'counts is below 1'),
        ('optim_wrapper.generator.type=OptimWrapper', 'optim_wrapper', "exactly 'generators' and"),
        ('default_hooks.logger.interval=x', 'default_hooks.logger', 'interval must be an integer'),
        ('default_hooks.checkpoint.interval=x', 'default_hooks.checkpoint', "interval is 'x', but"),
        ('default_hooks.checkpoint.max_keep_ckpts=1', '', 'max_keep_ckpts is 1, but the only'),
        ('custom_hooks.4.num_pairs=0', 'custom_hooks.4', 'num_pairs is 0, but a whole number from'),
        ('train_cfg.max_iters=0', 'train_cfg', 'max_iters is 0, but a whole number from 1'),
        ('train_cfg.type=NoLoop', 'train_cfg', 'NoLoop is not in the mmseg::loop registry'),
    ],
)
def test_a_wrong_value(monkeypatch, config, tmp_path, option, entry, message):
    """What is wrong shows while something is built, and the config's entry is named."""
    said = main_ends_with(
        monkeypatch, config, '--work-dir', tmp_path / 'work', '--cfg-options', option
    )
    assert said.startswith(f'train_semgan: {config}: {entry}') and message in said


def test_no_loss_for_the_class_map(monkeypatch, config, tmp_path):
    options = [f'model.weights.{name}=0' for name in ('dom', 'rec_image', 'rec_classes')]
    options.append('model.discriminator_sees=argmax')
    said = main_ends_with(
        monkeypatch, config, '--work-dir', tmp_path / 'work', '--cfg-options', *options
    )
    assert 'no loss reaches the class map' in said


@pytest.mark.slow
@pytest.mark.parametrize(
    'changes, message',
    [
        (dict(img_suffix='.jpg'), 'the source domain is empty: its dataset found no frames; check'),
        (
            dict(data_root='none', data_prefix=dict(img_path='i', seg_map_path='s')),
            f'{SOURCE}: there is no none/i; correct the config or the option',
        ),
        (dict(ann_file='none.txt', data_root='none'), 'Failed to load `ann_file` none/none.txt'),
        (dict(metainfo=dict(classes=['a', 'b'])), 'must have the same classes in the same order'),
    ],
)
def test_a_wrong_dataset(monkeypatch, config, tmp_path, changes, message):
    tiny.write_frames(tmp_path / 'raw', [np.zeros((32, 32)) for _ in range(2)])
    domain = tiny.folder_dataset(tmp_path / 'raw')
    loader = dict(
        batch_size=1,
        num_workers=0,
        sampler=dict(type='SeededInfiniteSampler', shuffle=True),
        dataset=dict(type='UnpairedDataset', source=domain | changes, target=domain),
    )
    config.write_text(f'{config.read_text()}\ntrain_dataloader = {loader}\n')
    assert message in main_ends_with(monkeypatch, config, '--work-dir', tmp_path / 'work')


@pytest.mark.slow
def test_a_config_s_workers_can_be_turned_off(monkeypatch, config, tmp_path):
    """Also where the config says persistent_workers=True, as the shipped ones do."""
    options = ['train_dataloader.num_workers=0', 'train_dataloader.persistent_workers=True']
    options += ['train_cfg.max_iters=1']
    run_main(monkeypatch, config, '--work-dir', tmp_path / 'work', '--cfg-options', *options)
    assert (tmp_path / 'work' / 'iter_1.pth').exists()


@pytest.mark.parametrize('error', [TypeError, ValueError, RuntimeError])
def test_a_bug_in_training_keeps_its_traceback(monkeypatch, config, tmp_path, error):
    def buggy(*args):
        raise error('a bug, whatever it says of a config')

    monkeypatch.setattr(losses, 'semantic_consistency_loss', buggy)
    with pytest.raises(error, match='^a bug'):
        run_main(monkeypatch, config, '--work-dir', tmp_path / 'work')


def test_traceback_on_demand(monkeypatch, config, capsys):
    option = ['--cfg-options', 'model.ema_decay=1']
    assert '--traceback' in main_ends_with(monkeypatch, config, *option)
    assert 'Traceback' not in capsys.readouterr().err
    main_ends_with(monkeypatch, config, '--traceback', *option)
    assert 'InputError: SemGAN: ema_decay' in capsys.readouterr().err


def test_stopped_by_hand(monkeypatch, config, tmp_path):
    def stop(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(losses, 'semantic_consistency_loss', stop)
    said = main_ends_with(monkeypatch, config, '--work-dir', tmp_path / 'work')
    assert said.startswith('train_semgan: stopped; the same command with --resume goes on')


def test_configs_that_are_none(monkeypatch, tmp_path):
    (tmp_path / 'broken.py').write_text('model = dict(')
    assert 'is no valid Python' in main_ends_with(monkeypatch, tmp_path / 'broken.py')
    segmenter = tiny.REPO / 'mmseg_configs' / 'drn' / 'drn_c26_100k_gta2cityscapes-768x768.py'
    assert "trains 'EncoderDecoder', which is no" in main_ends_with(monkeypatch, segmenter)


def test_a_place_that_cannot_be_written(monkeypatch, config):
    said = main_ends_with(monkeypatch, config, '--work-dir', '/proc/nowhere')
    assert '/proc/nowhere' in said and 'choose another --work-dir' in said


@pytest.mark.slow
@pytest.mark.parametrize('workers', [0, 1])
def test_raw_ids_met_by_a_worker(monkeypatch, frames, tmp_path, workers):
    config = tiny.write_semgan_config(tmp_path, frames)
    tiny.write_frames(tmp_path / 'raw', [np.full((32, 32), 7), np.full((32, 32), 7)])
    domain = tiny.folder_dataset(tmp_path / 'raw')
    loader = dict(
        batch_size=1,
        num_workers=workers,
        sampler=dict(type='SeededInfiniteSampler', shuffle=True),
        dataset=dict(type='UnpairedDataset', source=domain, target=domain),
    )
    text = config.read_text().replace('num_classes=10', 'num_classes=3')
    config.write_text(f'{text}\ntrain_dataloader = {loader}\n')
    said = main_ends_with(monkeypatch, config, '--work-dir', tmp_path / 'work')
    assert 'holds the ids [7]' in said and str(tmp_path / 'raw' / 'images') in said


@pytest.mark.parametrize(
    'option', ['train_cfg', "custom_hooks=[dict(type='PicturesHook',interval=0)]"]
)
def test_options_that_cannot_be_read(monkeypatch, config, capsys, option):
    with pytest.raises(SystemExit) as stop:
        run_main(monkeypatch, config, '--cfg-options', option)
    assert stop.value.code == 2 and '--cfg-options takes KEY=VALUE' in capsys.readouterr().err


def test_a_missing_base(monkeypatch, tmp_path):
    (tmp_path / 'a.py').write_text("_base_ = './none.py'\n")
    said = main_ends_with(monkeypatch, tmp_path / 'a.py')
    assert said.startswith(f'train_semgan: {tmp_path}/a.py: there is no ') and 'none.py;' in said


def test_wrong_config_path(monkeypatch, tmp_path):
    message = main_ends_with(monkeypatch, tmp_path / 'none.py')
    assert f'there is no config at {tmp_path}/none.py' in message


@pytest.mark.parametrize('how', ['--resume', 'resume=True', 'load_from'])
def test_hostile_checkpoint_in_the_work_dir(monkeypatch, config, tmp_path, how):
    trace, evil = tmp_path / 'it_ran', tmp_path / 'work' / 'iter_9.pth'
    evil.parent.mkdir()
    torch.save(dict(state_dict={}, meta=tiny.Hostile(trace)), evil)
    (evil.parent / 'last_checkpoint').write_text(str(evil))
    options = ['--resume'] if how == '--resume' else ['--cfg-options', how]
    if how == 'load_from':
        options[-1] += f'={evil}'
    message = main_ends_with(monkeypatch, config, '--work-dir', evil.parent, *options)
    assert str(evil) in message and 'data only' in message
    assert not trace.exists()


@pytest.mark.parametrize('gpus', ['two', '0', '-1'])
def test_dist_train_with_a_wrong_number(tmp_path, gpus):
    done = tiny.call(tiny.REPO / 'tools' / 'dist_train.sh', 'c.py', gpus, cwd=tmp_path)
    assert done.returncode == 2 and f"GPUS is '{gpus}', but a number from 1" in done.stdout
    tiny.assert_one_sentence(done.stdout)


def test_dist_train_without_arguments_says_how(tmp_path):
    done = tiny.call(tiny.REPO / 'tools' / 'dist_train.sh', cwd=tmp_path)
    assert done.returncode == 2 and done.stdout.startswith('usage:')
