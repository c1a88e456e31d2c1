# Benchmark `dusk`, GPU profile; row "source only".
_base_ = [
    '../_base_/models/drn_c26.py',
    '../_base_/datasets/dusk.py',
    '../_base_/schedules/adam_10k.py',
    '../_base_/default_runtime.py',
]
model = dict(decode_head=dict(num_classes=11))
