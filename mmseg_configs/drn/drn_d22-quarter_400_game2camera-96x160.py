# MiniStreets, the demo's segmenter; row "source only".
_base_ = [
    '../_base_/models/drn_d22_quarter.py',
    '../_base_/datasets/ministreets.py',
    '../_base_/schedules/adam_400.py',
    '../_base_/default_runtime.py',
]
model = dict(decode_head=dict(num_classes=10))
