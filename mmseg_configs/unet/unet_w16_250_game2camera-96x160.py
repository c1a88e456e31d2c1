# U-Net on MiniStreets, the segmenter of the demo; row "source only".
_base_ = [
    '../_base_/models/unet_w16.py',
    '../_base_/datasets/ministreets.py',
    '../_base_/schedules/onecycle_250.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=6)
default_hooks = dict(checkpoint=dict(interval=50, max_keep_ckpts=2))
