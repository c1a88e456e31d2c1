# What every translator training shares, whatever its method and data.
custom_imports = dict(imports=['semgan_aug'], allow_failed_imports=False)
default_scope = 'mmseg'
default_hooks = dict(
    # Reads the losses once per logging interval. A loss that is not finite stops the run.
    runtime_info=dict(type='LossesHook'),
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # 3: a run whose newest checkpoint is damaged resumes from the one before.
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
# To see curves and pictures elsewhere, add a backend:
# dict(type='TensorboardVisBackend') or dict(type='WandbVisBackend').
visualizer = dict(
    type='SegLocalVisualizer', name='visualizer', vis_backends=[dict(type='LocalVisBackend')]
)
# window_size=1: LossesHook already gives the mean of an interval.
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
# One seed for all ranks: they share one stream of samples, and each sample has its own seed.
randomness = dict(seed=0)
# With its scope, because mmengine looks for wrappers in its own registry.
model_wrapper_cfg = dict(type='mmseg.NetworksDDP')
load_from = None
resume = False
