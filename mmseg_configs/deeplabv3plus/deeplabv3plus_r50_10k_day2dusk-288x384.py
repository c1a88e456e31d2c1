# Benchmark `dusk`, GPU profile; no ImageNet weights, as for DRN.
_base_ = [
    '../_base_/models/deeplabv3plus_r50.py',
    '../_base_/datasets/dusk.py',
    '../_base_/schedules/adam_10k.py',
    '../_base_/default_runtime.py',
]
model = dict(decode_head=dict(num_classes=11), auxiliary_head=dict(num_classes=11))
