# GPU profile: ten times the CPU profile's iterations [ours].
_base_ = './adam_1k.py'
param_scheduler = [dict(type='PolyLR', eta_min=0, power=0.9, begin=0, end=10000, by_epoch=False)]
train_cfg = dict(max_iters=10000, val_interval=10000)
default_hooks = dict(checkpoint=dict(interval=2000))
