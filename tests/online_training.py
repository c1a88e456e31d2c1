"""Trainings of mmseg with SemGANTranslate, on the CPU, and what they must serve."""

from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmseg.registry import MODELS

from semgan_aug.online import SemGANTranslate

HOOK = dict(type='SemGANTranslateHook', device='cpu')
#: What a message asks the user to add, as a regular expression.
LINE = r"custom_hooks=\[dict\(type='SemGANTranslateHook'\)\]"


@MODELS.register_module()
class Recorder(BaseModel):
    """Learns nothing and keeps what it was shown: pixels, ids, file names."""

    def __init__(self, data_preprocessor: dict):
        super().__init__(data_preprocessor)
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seen = []

    def forward(self, inputs, data_samples=None, mode='loss'):
        for image, sample in zip(inputs, data_samples):
            pixels = image.permute(1, 2, 0).round().to(torch.uint8).numpy().copy()
            self.seen.append((sample.img_path, pixels, sample.gt_sem_seg.data[0].numpy().copy()))
        return dict(loss=(inputs.mean() * self.weight).sum())


def loaded(pair: tuple) -> dict:
    """What LoadImageFromFile and LoadAnnotations leave in the results."""
    return dict(
        img=pair[0].copy(),
        gt_seg_map=pair[1].copy(),
        img_path='images/7.png',
        seg_map_path='labels/7.png',
    )


def pipeline(ckpt, before=(), after=(), pack=(), **more) -> list[dict]:
    ckpt = ckpt if isinstance(ckpt, list) else str(ckpt)
    step = dict(type='SemGANTranslate', ckpt=ckpt, device='cuda', **more)
    steps = ['LoadImageFromFile', 'LoadAnnotations', *before, step, *after]
    steps = [dict(type=s) if isinstance(s, str) else s for s in steps]
    return [*steps, dict(type='PackSegInputs', **dict(pack))]


def log_of(runner: Runner) -> str:
    return ''.join(path.read_text() for path in Path(runner.log_dir).glob('*.log'))


def expected(seen, ckpt, folder, **step):
    """What the transform on the CPU makes of the same files."""
    transform = SemGANTranslate(ckpt, cache_dir='', **step)
    for path, *_ in seen:
        image, ids = cv2.imread(path), cv2.imread(path.replace('images', 'labels'), 0)
        results = transform(dict(img=image, gt_seg_map=ids, img_path=path))
        yield results['img'], results['gt_seg_map']


def assert_same(seen, wanted) -> None:
    wanted = list(wanted)
    assert len(seen) == len(wanted) > 0
    for (path, image, ids), (new_image, new_ids) in zip(seen, wanted):
        # Batches are summed in another order: one gray level, and pixels where classes tie.
        assert np.abs(image.astype(int) - new_image).max() <= 1, path
        assert (ids != new_ids).mean() < 0.005, path
