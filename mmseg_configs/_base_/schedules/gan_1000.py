# The schedule of translators for MiniStreets: five minutes of one core. The rates are [ours],
# because the 2e-4 of CycleGAN is for trainings of a hundred epochs. Constant for the first half,
# then linearly to 0, as in CycleGAN.
optim_wrapper = dict(
    constructor='SemGANOptimWrapperConstructor',
    generators=dict(optimizer=dict(type='Adam', lr=8e-4, betas=(0.5, 0.999))),
    discriminators=dict(optimizer=dict(type='Adam', lr=4e-4, betas=(0.5, 0.999))),
)
train_cfg = dict(type='IterBasedTrainLoop', max_iters=1000)
param_scheduler = [
    dict(type='LinearLR', start_factor=1.0, end_factor=0.0, begin=500, end=1000, by_epoch=False)
]
