"""The hooks: pictures, the checkpoint's card, plain checkpoints, progress."""

import io
import json
import pickle
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import tiny
import torch
from mmengine.logging import HistoryBuffer
from mmengine.optim import OneCycleLR
from mmengine.visualization.vis_backend import BaseVisBackend
from mmseg.registry import VISBACKENDS
from rich.console import Console

from semgan_aug.engine.hooks import (
    CheckpointCardHook,
    PicturesHook,
    PlainCheckpointHook,
    ProgressHook,
)


@VISBACKENDS.register_module()
class RecordingVisBackend(BaseVisBackend):
    """Stands for TensorBoard or W&B."""

    pictures: list = []

    def _init_env(self):
        pass

    @property
    def experiment(self):
        return self

    def add_image(self, name, image, step=0, **kwargs):
        self.pictures.append((name, image.copy(), step))


def random_state():
    return np.random.get_state()[1].tobytes(), np.random.get_state()[2], torch.get_rng_state()


def same(one, two):
    return one[:2] == two[:2] and torch.equal(one[2], two[2])


def pixels(hook):
    return torch.cat([i.flatten() for images in hook._pairs['inputs'].values() for i in images])


def test_pictures_draw_the_same_pairs_and_leave_the_random_state_alone(make_runner):
    runner = make_runner()
    assert runner.train_dataloader  # built here: its sampler draws a seed
    chosen = []
    for global_seed, seed in ((1, 0), (2, 0), (1, 5)):
        hook = PicturesHook(interval=1, num_pairs=2, seed=seed)
        np.random.seed(global_seed)
        before = random_state()
        hook.before_train(runner)
        assert same(before, random_state())
        hook.draw(runner, 7)
        assert same(before, random_state())
        chosen.append(pixels(hook))
    assert torch.equal(chosen[0], chosen[1])
    assert chosen[0].shape == chosen[2].shape and not torch.equal(chosen[0], chosen[2])


def test_pictures_change_nothing_for_the_training(make_runner):
    weights = []
    for interval in (1, 1000):
        runner = make_runner(
            custom_hooks=[
                dict(type='ClassColorsHook'),
                dict(type='PicturesHook', interval=interval),
            ]
        )
        runner.train()
        weights.append(runner.model.state_dict())
    assert all(torch.equal(weights[0][k], weights[1][k]) for k in weights[0])


def test_pictures_reach_the_work_dir_and_the_visualizers(make_runner, tmp_path):
    RecordingVisBackend.pictures.clear()
    runner = make_runner(
        custom_hooks=[
            dict(type='ClassColorsHook'),
            dict(type='PicturesHook', interval=1, num_pairs=2),
        ],
        **{'visualizer.vis_backends': [dict(type='RecordingVisBackend', save_dir=str(tmp_path))]},
    )
    runner.train()
    assert [(name, step) for name, _, step in RecordingVisBackend.pictures] == [
        ('pairs', 1),
        ('pairs', 2),
    ]
    folder = tmp_path / '0' / 'pictures'
    assert sorted(p.name for p in folder.iterdir()) == ['iter_000001.png', 'iter_000002.png']
    files = [cv2.imread(str(p)) for p in sorted(folder.iterdir())]
    for file, (_, image, _) in zip(files, RecordingVisBackend.pictures):
        assert np.array_equal(file[..., ::-1], image)  # visualizers take RGB
    # Four rows (two pairs, both directions) of five tiles of 16 x 24.
    assert files[0].shape == (18 + 4 * 20, 5 * 28 - 4, 3)
    tiles = [file[18:, : 2 * 28] for file in files]  # input and class map
    assert np.array_equal(*tiles) and not np.array_equal(*files)


def test_a_picture_is_drawn_at_the_end(trained):
    assert [p.name for p in (trained / 'pictures').iterdir()] == ['iter_000004.png']


def test_card_tells_what_the_network_is(ckpt):
    model, _ = tiny.build_semgan(generator=tiny.GENERATOR | dict(amp_dtype='bfloat16'))
    meta = dict(classes=('a', 'b', 'c'), palette=[(1, 2, 3), [4, 5, 6], (7, 8, 9)])
    dataset = SimpleNamespace(metainfo=meta)
    runner = SimpleNamespace(model=model, train_dataloader=SimpleNamespace(dataset=dataset))
    checkpoint = {}
    CheckpointCardHook().before_save_checkpoint(runner, checkpoint)
    assert checkpoint == dict(
        semgan_aug=dict(
            version=1,
            method='SemGAN',
            direction='source2target',
            classes=['a', 'b', 'c'],
            palette=[[1, 2, 3], [4, 5, 6], [7, 8, 9]],
            ema=False,
            class_colors=False,
            generator=dict(base_channels=4, num_blocks=1),
        )
    )


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


def run_progress(hook, iterations, total):
    runner = SimpleNamespace(iter=iterations.start, max_iters=total)
    hook.before_train(runner)
    for runner.iter in iterations:
        hook.after_train_iter(runner, 0)
    hook.after_train(runner)


def test_progress_file_adds_up_over_runs(tmp_path, capsys):
    file = tmp_path / 'progress.json'
    run_progress(ProgressHook(str(file)), range(1), 4)
    state = json.loads(file.read_text())
    assert (state['iter'], state['max_iters']) == (1, 4) and 0 <= state['seconds'] < 5
    file.write_text(json.dumps(state | dict(seconds=100.0)))
    run_progress(ProgressHook(str(file)), range(1, 4), 4)
    state = json.loads(file.read_text())
    assert state['iter'] == 4 and 100 <= state['seconds'] < 105
    assert [p.name for p in tmp_path.iterdir()] == ['progress.json']  # nothing half-written
    assert capsys.readouterr().out == ''


def test_progress_bar_on_a_terminal(monkeypatch):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr('semgan_aug.core.progress.Console', lambda stderr: console)
    run_progress(ProgressHook(), range(2), 4)
    assert 'time left' in screen.getvalue() and '2/4' in screen.getvalue()


def test_progress_without_a_terminal_is_silent(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr('semgan_aug.core.progress.Console', lambda stderr: Console(file=screen))
    run_progress(ProgressHook(), range(2), 4)
    assert screen.getvalue() == ''


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
