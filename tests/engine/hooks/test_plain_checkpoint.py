"""Checkpoints that are plain data."""

import pickle

import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.optim import OneCycleLR

from semgan_aug.engine.hooks import PlainCheckpointHook


def test_log_scalars_travel_as_numbers(ckpt):
    checkpoint = torch.load(ckpt, weights_only=True)
    scalars = checkpoint['message_hub']['log_scalars']
    saved = scalars['train/loss_eq3_dom_G']
    assert [len(values) for values in saved] == [4, 4]  # values and counts of 4 iterations
    PlainCheckpointHook().after_load_checkpoint(None, checkpoint)
    buffer = scalars['train/loss_eq3_dom_G']
    assert isinstance(buffer, HistoryBuffer)
    assert buffer.mean(4) == pytest.approx(sum(saved[0]) / 4)


def test_other_checkpoints_load_as_they_are():
    checkpoint = dict(state_dict={})
    PlainCheckpointHook().after_load_checkpoint(None, checkpoint)
    assert checkpoint == dict(state_dict={})


def test_schedulers_that_keep_functions_are_saved_as_data(tmp_path):
    weights = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weights], lr=0.1)
    scheduler = OneCycleLR(optimizer, eta_max=0.1, total_steps=10, by_epoch=False)
    checkpoint = dict(
        meta={},
        message_hub=dict(log_scalars={}, runtime_info={}, resumed_keys={}),
        param_schedulers=[scheduler.state_dict()],
    )
    with pytest.raises(pickle.UnpicklingError):  # as mmengine has it
        torch.save(checkpoint, tmp_path / 'mmengine.pth')
        torch.load(tmp_path / 'mmengine.pth', weights_only=True)
    PlainCheckpointHook().before_save_checkpoint(None, checkpoint)
    torch.save(checkpoint, tmp_path / 'ours.pth')
    loaded = torch.load(tmp_path / 'ours.pth', weights_only=True)
    scheduler.load_state_dict(loaded['param_schedulers'][0])
    optimizer.step()
    scheduler.step()
    assert scheduler.last_step == 1
