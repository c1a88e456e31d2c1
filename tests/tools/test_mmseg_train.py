"""mmseg's own tools/train.py, unmodified, with our transforms and backbone in its config."""

import sys
from pathlib import Path

import mmseg
import pytest
import tiny
from mmengine.config import Config

CONFIGS = tiny.REPO / 'mmseg_configs'
MMSEG = Path(mmseg.__file__).parent / '.mim'

DATA = """
source = dict(type='MiniStreetsDataset', domain='game', num_frames=3, size=(24, 32),
    data_root='{frames}', pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='SemGANTranslate', ckpt='{ckpt}'),
        dict(type='RandomFlip', prob=0.5),
        dict(type='PackSegInputs')])
target = dict(type='MiniStreetsDataset', domain='camera', num_frames=2, size=(24, 32),
    data_root='{frames}', test_mode=True, pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='PackSegInputs')])
train_dataloader = dict(batch_size=2, num_workers={workers}, persistent_workers=False,
    dataset=dict(_delete_=True, **source))
val_dataloader = dict(num_workers=0, persistent_workers=False,
    dataset=dict(_delete_=True, **target))
test_dataloader = val_dataloader
train_cfg = dict(max_iters=2, val_interval=2)
default_hooks = dict(logger=dict(interval=1))
"""

STOCK = """
_base_ = '{base}'
custom_imports = dict(imports=['semgan_aug'], allow_failed_imports=False)
norm_cfg = dict(type='BN', requires_grad=True)
data_preprocessor = dict(size=(24, 32))
model = dict(
    pretrained=None,
    data_preprocessor=data_preprocessor,
    backbone=dict(depth=18, norm_cfg=norm_cfg),
    decode_head=dict(in_channels=512, channels=32, c1_in_channels=64, num_classes=10,
        norm_cfg=norm_cfg),
    auxiliary_head=dict(in_channels=256, channels=32, num_classes=10, norm_cfg=norm_cfg))
"""

OURS = """
_base_ = '{base}'
model = dict(decode_head=dict(num_classes=10))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    'text, base, workers',
    [
        (OURS, CONFIGS / 'drn/drn_c26_100k_gta2cityscapes-768x768-semgan.py', 0),
        (
            STOCK,
            MMSEG / 'configs/deeplabv3plus/deeplabv3plus_r50-d8_4xb4-80k_ade20k-512x512.py',
            1,
        ),
    ],
    ids=['our DRN', 'stock DeepLabV3+'],
)
def test_mmseg_train_py(tmp_path, frames, ckpt, text, base, workers):
    """Unmodified, with a worker process or without; the translator is built in the pipeline."""
    config = tmp_path / 'user.py'
    config.write_text(
        text.format(base=base) + DATA.format(frames=frames, ckpt=ckpt, workers=workers)
    )
    cfg = Config.fromfile(config)
    assert cfg.default_scope == 'mmseg'
    done = tiny.call(
        sys.executable, MMSEG / 'tools/train.py', config, '--work-dir', tmp_path, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout
    assert 'Iter(train) [2/2]' in done.stdout and 'mIoU: ' in done.stdout
    assert (tmp_path / 'iter_2.pth').exists()
