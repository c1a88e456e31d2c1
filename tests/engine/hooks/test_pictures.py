"""Pictures of the same pairs through training."""

import cv2
import numpy as np
import pytest
import torch
from mmengine.visualization.vis_backend import BaseVisBackend
from mmseg.registry import VISBACKENDS

from semgan_aug.engine.hooks import PicturesHook


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


@pytest.mark.slow
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
