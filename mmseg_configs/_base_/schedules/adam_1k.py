# CPU profile. Adam, because it needs no warm-up and no ImageNet weights to get somewhere in 1,000
# iterations; 1e-3 is its usual rate [ours].
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-3))
param_scheduler = [
    # Power 0.9 is mmseg's.
    dict(type='PolyLR', eta_min=0, power=0.9, begin=0, end=1000, by_epoch=False)
]
# One validation, at the end: nothing is chosen by the evaluation frames.
train_cfg = dict(type='IterBasedTrainLoop', max_iters=1000, val_interval=1000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1000),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='SegVisualizationHook'),
)
