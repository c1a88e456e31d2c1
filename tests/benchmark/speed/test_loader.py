"""The frames and the speed of a loader."""

import cv2
import tiny
from mmengine.config import Config
from mmseg.registry import DATASETS

from semgan_aug.benchmark.speed import loader, machine


def test_loader_of_a_config(frames, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, 'MIN_SECONDS', 0.01)
    config = tiny.write_semgan_config(tmp_path, frames)
    threads = cv2.getNumThreads()
    assert loader.loader_seconds(Config.fromfile(config).train_dataloader.dataset) > 0
    assert cv2.getNumThreads() == threads


def test_full_size_pairs(tmp_path, monkeypatch):
    assert loader.FULL_SIZE == (1052, 1914)
    monkeypatch.setattr(loader, 'FULL_SIZE', (96, 160))
    dataset = DATASETS.build(loader.full_size_pairs(str(tmp_path), (32, 48)))
    assert {tuple(image.shape) for image in dataset[0]['inputs'].values()} == {(3, 32, 48)}
    assert {cv2.imread(str(path)).shape for path in tmp_path.rglob('images/*.png')} == {
        (96, 160, 3)
    }
