"""Checkpoints: what is saved, what is refused, what a resume takes from them."""

from pathlib import Path

import pytest
import tiny

from semgan_aug.core.errors import InputError
from semgan_aug.engine.hooks import NonFiniteLossError
from semgan_aug.translator.checkpoint import CheckpointError


@pytest.mark.parametrize(
    'changes, message',
    [
        (
            {'default_hooks.checkpoint.interval': 3, 'train_cfg.max_iters': 6},
            'checkpoint.interval is 3, but generators accumulate gradients over 2',
        ),
        (
            {'default_hooks.checkpoint.interval': 2, 'train_cfg.max_iters': 5},
            'max_iters is 5, but generators accumulate gradients over 2',
        ),
    ],
)
def test_an_incomplete_accumulation_cycle_is_refused(make_runner, changes, message):
    runner = make_runner(**{'optim_wrapper.generators.accumulative_counts': 2, **changes})
    with pytest.raises(InputError, match=message) as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))


@pytest.mark.slow
def test_no_checkpoints_but_the_last(make_runner):
    runner = make_runner(
        **{
            'optim_wrapper.generators.accumulative_counts': 2,
            'default_hooks.checkpoint.interval': -1,
        }
    )
    runner.train()
    assert [p.name for p in Path(runner.work_dir).glob('*.pth')] == ['iter_2.pth']


def test_the_only_checkpoint_is_never_deleted(make_runner):
    runner = make_runner(**{'default_hooks.checkpoint.max_keep_ckpts': 1})
    with pytest.raises(InputError, match='max_keep_ckpts is 1, but') as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))


@pytest.mark.slow
def test_a_new_learning_rate_holds_after_resuming(make_runner):
    decay = [
        dict(type='LinearLR', start_factor=1.0, end_factor=0.0, begin=2, end=10, by_epoch=False)
    ]
    schedule = {'param_scheduler': decay, 'train_cfg.max_iters': 6}
    runner = make_runner(**schedule)
    runner.train()
    half = str(Path(runner.work_dir) / 'iter_4.pth')
    lr = 'optim_wrapper.generators.optimizer.lr'
    rates = {}
    for new in (5e-4, 1e-4):  # as before, and a fifth
        runner = make_runner(load_from=half, resume=True, **schedule, **{lr: new})
        runner.train()
        logged = runner.message_hub.get_scalar('train/generators.lr').data[0][-2:].tolist()
        rates[new] = logged
        assert (
            runner.message_hub.get_scalar('train/discriminators.lr').data[0][-2:].tolist()
            == (rates[5e-4])
        )
    assert 5e-4 > rates[5e-4][0] > rates[5e-4][1] > 0  # on its way down
    assert rates[1e-4] == pytest.approx([rate / 5 for rate in rates[5e-4]])


def test_weights_that_are_not_finite_are_not_saved(make_runner):
    """The losses of an iteration are those before its update, so they cannot tell."""
    runner = make_runner(
        **{
            'optim_wrapper.generators.optimizer.lr': float('inf'),
            'default_hooks.checkpoint.interval': 1,
        }
    )
    with pytest.raises(NonFiniteLossError, match='not finite after the update of iteration 1'):
        runner.train()
    assert not list(Path(runner.work_dir).glob('*.pth'))


def test_processes_at_different_iterations(make_runner, monkeypatch):
    monkeypatch.setattr(
        'semgan_aug.engine.hooks.checkpoint.all_gather_object', lambda value: [value, 4]
    )
    runner = make_runner()
    with pytest.raises(InputError, match=r'at the iterations \[0, 4\].*a disk that all nodes'):
        runner.train()


@pytest.mark.slow
def test_what_a_killed_run_left_behind_is_removed(make_runner):
    runner = make_runner()
    part = Path(runner.work_dir) / '.iter_2.pth.4711.part'
    part.write_bytes(b'half')
    runner.train()
    assert not part.exists() and (Path(runner.work_dir) / 'iter_2.pth').exists()


@pytest.mark.parametrize(
    'change, message',
    [
        ({'model.generator.base_channels': 6}, r'G.encoder.0.1.weight is \(4, 13, 7, 7\) in the'),
        ({'model.ema_decay': 0.5}, 'lacks ema.F.count'),
        ({'model.class_colors': False}, 'has colors_S.count .and 4 more.*model lacks'),
    ],
)
def test_weights_that_do_not_fit(make_runner, ckpt, change, message):
    runner = make_runner(load_from=str(ckpt), **change)
    with pytest.raises(CheckpointError, match=message) as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))
