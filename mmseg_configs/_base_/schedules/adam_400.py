# The demo's schedule: as adam_1k, but so short that five trainings fit into ten minutes [ours].
_base_ = ['./adam_1k.py']
param_scheduler = [dict(type='PolyLR', eta_min=0, power=0.9, begin=0, end=400, by_epoch=False)]
train_cfg = dict(max_iters=400, val_interval=400)
default_hooks = dict(checkpoint=dict(interval=100, max_keep_ckpts=2))
