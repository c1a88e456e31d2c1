# The schedule of the demo: five trainings take ten minutes [ours]. Without the warm-up and the
# cool-down of one cycle, 250 iterations do not reach the small classes.
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-3))
param_scheduler = [
    dict(type='OneCycleLR', eta_max=6e-3, total_steps=250, pct_start=0.2, by_epoch=False)
]
# One validation, at the end: the evaluation frames choose nothing.
train_cfg = dict(type='IterBasedTrainLoop', max_iters=250, val_interval=250)
