"""Fixtures of the tests of SemGANTranslate and its hook."""

import cv2
import numpy as np
import pytest
import tiny
from mmengine.config import Config
from mmengine.runner import Runner
from online_training import HOOK

from semgan_aug import load_translator
from semgan_aug.online import SemGANTranslate


@pytest.fixture
def folder(tmp_path):
    """Five frames of noise with all classes: 16 x 24, as mmseg reads them."""
    rng = np.random.default_rng(0)
    for name in ('images', 'labels'):
        (tmp_path / name).mkdir()
    for i in range(5):
        ids = rng.integers(0, tiny.NUM_CLASSES, (16, 24), dtype=np.uint8)
        ids[:2] = 255
        image = rng.integers(0, 256, (16, 24, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / f'images/{i}.png'), image)
        cv2.imwrite(str(tmp_path / f'labels/{i}.png'), ids)
    return tmp_path


@pytest.fixture
def build(folder, ckpt, tmp_path):
    """A runner of :class:`Recorder` over the folder."""

    def make(steps, hooks=(HOOK,), workers=0, wrap=None, max_epochs=1, **loader) -> Runner:
        dataset = tiny.folder_dataset(folder, load_translator(ckpt).classes, steps)
        hooks = [dict(type=h) if isinstance(h, str) else h for h in hooks]
        cfg = Config(
            dict(
                default_scope='mmseg',
                work_dir=str(tmp_path / 'work'),
                experiment_name=f'hook {tmp_path}',
                model=dict(
                    type='Recorder',
                    data_preprocessor=dict(type='SegDataPreProcessor', size=(16, 24)),
                ),
                train_dataloader=dict(
                    batch_size=2,
                    num_workers=workers,
                    sampler=dict(type='DefaultSampler', shuffle=False),
                    dataset=wrap(dataset) if wrap else dataset,
                    **loader,
                ),
                train_cfg=dict(type='EpochBasedTrainLoop', max_epochs=max_epochs),
                optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
                default_hooks=dict(logger=dict(type='LoggerHook', interval=1)),
                custom_hooks=hooks,
            )
        )
        return Runner.from_cfg(cfg)

    return make


@pytest.fixture
def step(ckpt, tmp_path):
    """A transform of one style with a cache of its own."""
    return SemGANTranslate(ckpt, style=0, cache_dir=str(tmp_path / 'cache'))
