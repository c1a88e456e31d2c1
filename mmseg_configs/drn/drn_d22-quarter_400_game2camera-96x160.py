# MiniStreets, the demo's segmenter; row "source only".
_base_ = [
    '../_base_/models/drn_d22.py',
    '../_base_/datasets/ministreets.py',
    '../_base_/schedules/adam_400.py',
    '../_base_/default_runtime.py',
]
# 1.34 M parameters: half of DRN-D-22's widths, a quarter where it is widest [ours].
model = dict(
    backbone=dict(widths=(8, 16, 32, 64, 96, 128, 128, 128)),
    decode_head=dict(in_channels=128, channels=128, num_classes=10),
)
val_evaluator = dict(type='ClassIoUMetric')
