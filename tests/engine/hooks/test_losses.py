"""Losses in the log, and the stop at NaN."""

from types import SimpleNamespace

import pytest
import tiny
import torch
from mmengine.hooks import Hook
from mmseg.registry import HOOKS

from semgan_aug.engine.hooks import LossesHook, NonFiniteLossError
from semgan_aug.models import losses
from semgan_aug.translator.checkpoint import latest_checkpoint


@HOOKS.register_module()
class KeepLossesHook(Hook):
    kept: list = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.kept.append({name: value.item() for name, value in outputs.items()})


def test_log_has_the_mean_over_each_interval(make_runner):
    KeepLossesHook.kept.clear()
    runner = make_runner(
        **{
            'train_cfg.max_iters': 5,
            'default_hooks.logger.interval': 2,
            'default_hooks.checkpoint.interval': 100,
            'custom_hooks': [dict(type='ClassColorsHook'), dict(type='KeepLossesHook')],
        }
    )
    runner.train()
    kept = KeepLossesHook.kept
    name = 'loss_eq6_rec_image_G'
    logged = runner.message_hub.get_scalar(f'train/{name}').data[0].tolist()
    values = [losses[name] for losses in kept]
    expected = [sum(values[:2]) / 2, sum(values[2:4]) / 2, values[4]]
    assert logged == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_a_non_finite_loss_stops_before_the_next_checkpoint(make_runner, monkeypatch):
    original = losses.semantic_consistency_loss

    def spoilt(scores, ids):
        return original(scores, ids) * (float('nan') if runner.iter == 3 else 1)

    monkeypatch.setattr(losses, 'semantic_consistency_loss', spoilt)
    runner = make_runner(
        **{
            'train_cfg.max_iters': 12,
            'default_hooks.logger.interval': 5,
            'default_hooks.checkpoint.interval': 3,
        }
    )
    with pytest.raises(NonFiniteLossError) as error:
        runner.train()
    message = str(error.value)
    assert message.startswith('not finite in iteration 4: loss_eq3_dom_G, ')
    assert 'adv' not in message and str(runner.work_dir) in message
    assert runner.iter == 4  # iteration 5, of which the log wanted to know
    tiny.assert_one_sentence(message)
    newest = latest_checkpoint(runner.work_dir)
    assert newest.name == 'iter_3.pth'
    state = torch.load(newest, weights_only=True)['state_dict']
    assert all(value.isfinite().all() for value in state.values())


def test_losses_are_read_once_per_interval():
    """Only ``tolist`` and ``item`` wait for a device; between the intervals neither is called."""
    hook, pushed = LossesHook(), []
    hub = SimpleNamespace(update_scalar=lambda name, value: pushed.append((name, value)))
    runner = SimpleNamespace(iter=0, max_iters=100, message_hub=hub, work_dir='.')
    hook._intervals, hook._names, hook._since, hook._images = [4], [], 0.0, 0
    for k in range(8):
        runner.iter = k
        hook.after_train_iter(runner, k, outputs=dict(loss_a=torch.tensor(float(k))))
        assert len(pushed) == 2 * ((k + 1) // 4)
    speed = 'train/images_per_second'
    assert [name for name, _ in pushed] == ['train/loss_a', speed] * 2
    assert [value for name, value in pushed if name != speed] == [1.5, 5.5]
