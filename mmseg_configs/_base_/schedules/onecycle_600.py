# As onecycle_250; 600 iterations, so that a row of a table takes minutes of one core [ours].
_base_ = ['./onecycle_250.py']
# For CPUs with matrix units for bfloat16.
optim_wrapper = dict(type='Bfloat16OptimWrapper')
param_scheduler = [
    dict(type='OneCycleLR', eta_max=4e-3, total_steps=600, pct_start=0.2, by_epoch=False)
]
train_cfg = dict(max_iters=600, val_interval=600)
default_hooks = dict(checkpoint=dict(interval=200, max_keep_ckpts=2))
