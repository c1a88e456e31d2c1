# The schedule of small real suites: a row of a table takes minutes of one core [ours].
# Bfloat16OptimWrapper: for CPUs with matrix units for bfloat16.
optim_wrapper = dict(type='Bfloat16OptimWrapper', optimizer=dict(type='Adam', lr=1e-3))
param_scheduler = [
    dict(type='OneCycleLR', eta_max=4e-3, total_steps=600, pct_start=0.2, by_epoch=False)
]
# One validation, at the end: the evaluation frames choose nothing.
train_cfg = dict(type='IterBasedTrainLoop', max_iters=600, val_interval=600)
