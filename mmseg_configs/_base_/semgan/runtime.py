# What every SemGAN training shares, whatever the data.
custom_imports = dict(imports=['semgan_aug'], allow_failed_imports=False)
default_scope = 'mmseg'
default_hooks = dict(
    # Losses are read once per logging interval, and a non-finite one stops the run.
    runtime_info=dict(type='LossesHook'),
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # 3: should the last one be lost, the one before is used.
    checkpoint=dict(type='SemGANCheckpointHook', by_epoch=False, interval=1000, max_keep_ckpts=3),
    sampler_seed=dict(type='DistSamplerSeedHook'),
)
custom_hooks = [
    dict(type='SeedIterationsHook'),
    dict(type='ClassColorsHook'),
    dict(type='CheckpointCardHook'),
    dict(type='PlainCheckpointHook'),
    dict(type='PicturesHook', interval=500),
    dict(type='ProgressHook'),
    dict(type='ExportHook'),
]
# For curves and pictures there: dict(type="TensorboardVisBackend") or dict(type="WandbVisBackend").
visualizer = dict(
    type='SegLocalVisualizer', name='visualizer', vis_backends=[dict(type='LocalVisBackend')]
)
# LossesHook hands over means of an interval already.
log_processor = dict(
    by_epoch=False,
    window_size=1,
    custom_cfg=[
        dict(data_src=name, method_name='mean', window_size=50) for name in ('time', 'data_time')
    ],
)
log_level = 'INFO'
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
# One seed for all ranks: they share one stream of samples, each with random numbers of its own.
randomness = dict(seed=0)
# With its scope: mmengine looks wrappers up in its own registry.
model_wrapper_cfg = dict(type='mmseg.NetworksDDP')
load_from = None
resume = False
