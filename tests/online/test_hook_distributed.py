"""SemGANTranslateHook in mmseg's own train.py with two processes."""

import re
import sys
from pathlib import Path

import mmseg
import pytest
import tiny

from semgan_aug import load_translator

USER_CONFIG = """
_base_ = '{leaf}'
classes = {classes}
dataset = dict(
    _delete_=True,
    type='BaseSegDataset',
    data_root='{folder}',
    data_prefix=dict(img_path='images', seg_map_path='labels'),
    img_suffix='.png',
    seg_map_suffix='.png',
    metainfo=dict(classes=classes, palette=[[9 * k] * 3 for k in range(10)]),
    pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='RandomCrop', crop_size=(16, 16)),
        dict(type='RandomFlip', prob=0.5),
        dict(type='SemGANTranslate', ckpt='{ckpt}', device='cuda'),
        dict(type='PackSegInputs'),
    ],
)
train_dataloader = dict(batch_size=2, num_workers=1, dataset=dataset)
train_cfg = dict(max_iters=3, val_interval=99)
val_dataloader = None
val_cfg = None
val_evaluator = None
test_dataloader = None
test_cfg = None
test_evaluator = None
env_cfg = dict(dist_cfg=dict(backend='gloo'))
model_wrapper_cfg = dict(type='DistributedOnCPU')
sync_bn = None
optim_wrapper = dict(type='Bfloat16OptimWrapper')
default_hooks = dict(logger=dict(type='LoggerHook', interval=1))
custom_hooks = [dict(type='SemGANTranslateHook', device='cpu')]
"""

# What mmengine takes for granted is a GPU per process; the rest is mmseg's own train.py.
ON_CPU = """
import runpy
import torch
from mmengine.model import MMDistributedDataParallel
from mmengine.registry import MODEL_WRAPPERS

@MODEL_WRAPPERS.register_module()
class DistributedOnCPU(MMDistributedDataParallel):
    def __init__(self, module, device_ids, **kwargs):
        super().__init__(module, **kwargs)

torch.distributed.init_process_group('gloo')
runpy.run_path('{train}', run_name='__main__')
"""


@pytest.mark.slow
def test_with_mmsegs_own_train_in_two_processes(ckpt, folder, tmp_path):
    """DDP, workers, bfloat16: each rank translates its own batches."""
    leaf = tiny.REPO / 'mmseg_configs' / 'unet' / 'unet_w16_250_game2camera-96x160.py'
    classes = load_translator(ckpt).classes
    text = USER_CONFIG.format(leaf=leaf, classes=classes, folder=folder, ckpt=ckpt)
    (tmp_path / 'mine.py').write_text(text)
    train = Path(mmseg.__file__).parent / '.mim' / 'tools' / 'train.py'
    (tmp_path / 'on_cpu.py').write_text(ON_CPU.format(train=train))
    run = tiny.call(
        *(sys.executable, '-m', 'torch.distributed.run', '--nproc_per_node=2'),
        *('--master_port', tiny.free_port(), 'on_cpu.py', 'mine.py', '--launcher', 'pytorch'),
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout[-9000:]
    assert 'SemGANTranslateHook translates batches' in run.stdout
    made = re.findall(r'frames_made: (\d+)', run.stdout)
    assert made == ['2', '4', '6']  # of rank 0: its own batches of 2
