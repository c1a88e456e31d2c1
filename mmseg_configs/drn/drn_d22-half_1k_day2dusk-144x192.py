# Benchmark `dusk`, CPU profile; row "source only".
_base_ = [
    '../_base_/models/drn_d22.py',
    '../_base_/datasets/dusk_half.py',
    '../_base_/schedules/adam_1k.py',
    '../_base_/default_runtime.py',
]
# Half of DRN-D-22's widths: 3.97M parameters [ours].
model = dict(
    backbone=dict(widths=(8, 16, 32, 64, 128, 256, 256, 256)),
    decode_head=dict(in_channels=256, channels=256, num_classes=11),
)
