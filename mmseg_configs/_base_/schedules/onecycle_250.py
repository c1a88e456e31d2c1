# The demo's schedule, so short that five trainings fit into ten minutes [ours]; without the warm-up
# and cool-down of one cycle, 250 iterations do not reach the small classes.
_base_ = ['./adam_1k.py']
param_scheduler = [
    dict(type='OneCycleLR', eta_max=6e-3, total_steps=250, pct_start=0.2, by_epoch=False)
]
train_cfg = dict(max_iters=250, val_interval=250)
default_hooks = dict(checkpoint=dict(interval=50, max_keep_ckpts=2))
