# MiniStreets, the demo's segmenter; row "source only".
_base_ = [
    '../_base_/models/unet_w16.py',
    '../_base_/datasets/ministreets.py',
    '../_base_/schedules/onecycle_250.py',
    '../_base_/default_runtime.py',
]
train_dataloader = dict(batch_size=6)
