# Benchmark `dusk`, CPU profile; row "source only".
_base_ = [
    '../_base_/models/unet_s2w32.py',
    '../_base_/datasets/dusk_half.py',
    '../_base_/schedules/onecycle_600.py',
    '../_base_/default_runtime.py',
]
