# As adam_1k; 600 iterations, so that a row of a table takes minutes of one core [ours].
_base_ = ['./adam_1k.py']
param_scheduler = [dict(type='PolyLR', eta_min=0, power=0.9, begin=0, end=600, by_epoch=False)]
train_cfg = dict(max_iters=600, val_interval=600)
default_hooks = dict(checkpoint=dict(interval=200, max_keep_ckpts=2))
