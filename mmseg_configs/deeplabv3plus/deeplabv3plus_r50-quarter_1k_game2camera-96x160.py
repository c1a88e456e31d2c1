# MiniStreets, for a first run on a CPU.
_base_ = [
    '../_base_/models/deeplabv3plus_r50.py',
    '../_base_/datasets/ministreets.py',
    '../_base_/schedules/adam_1k.py',
    '../_base_/default_runtime.py',
]
# A quarter of ResNet-50's and of the heads' channels [ours].
model = dict(
    backbone=dict(stem_channels=16, base_channels=16),
    decode_head=dict(
        in_channels=512, channels=128, c1_in_channels=64, c1_channels=12, num_classes=10
    ),
    auxiliary_head=dict(in_channels=256, channels=64, num_classes=10),
)
