"""The drawn frames, and the speed of a loader."""

import cv2
import tiny
from mmengine.config import Config

from semgan_aug.benchmark.speed.loader import loader_speed, write_frames


def test_loader_of_a_config(frames, tmp_path):
    config = tiny.write_semgan_config(tmp_path, frames)
    dataset = Config.fromfile(config).train_dataloader.dataset
    found = loader_speed(dataset, (16, 16), min_run_time=0.01)
    assert found['frames'] == 'of the config'
    assert found['decode_seconds_per_pair'] > 0 and found['seconds_per_pair'] > 0


def test_frames_compress_as_real_ones(tmp_path):
    """GTA5's PNGs have 1.13 to 1.25 bytes a pixel."""
    write_frames(tmp_path, 1, (263, 478))
    assert 1.1 < (tmp_path / 'images' / '0.png').stat().st_size / (263 * 478) < 1.4


def test_ids_are_classes(tmp_path):
    write_frames(tmp_path, 1, (64, 128), num_classes=3)
    assert cv2.imread(str(tmp_path / 'labels' / '0.png'), cv2.IMREAD_GRAYSCALE).max() < 3
