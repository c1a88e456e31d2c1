# The schedule of translators for small real suites: minutes of one core. A rate of 5e-4 [ours],
# because the 2e-4 of CycleGAN is for trainings of a hundred epochs. Constant for the first half,
# then linearly to 0, as in CycleGAN.
adam = dict(type='Adam', lr=5e-4, betas=(0.5, 0.999))
optim_wrapper = dict(
    constructor='SemGANOptimWrapperConstructor',
    generators=dict(optimizer=adam),
    discriminators=dict(optimizer=adam),
)
train_cfg = dict(type='IterBasedTrainLoop', max_iters=400)
param_scheduler = [
    dict(type='LinearLR', start_factor=1.0, end_factor=0.0, begin=200, end=400, by_epoch=False)
]
