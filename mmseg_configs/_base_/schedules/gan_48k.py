# The schedule of translators at full scale. CycleGAN: Adam 2e-4 (0.5, 0.999), constant for the
# first half, then linearly to 0. 48,000 iterations: 20 epochs of 2,400 frames [ours].
adam = dict(type='Adam', lr=2e-4, betas=(0.5, 0.999))
optim_wrapper = dict(
    constructor='SemGANOptimWrapperConstructor',
    generators=dict(optimizer=adam),
    discriminators=dict(optimizer=adam),
)
train_cfg = dict(type='IterBasedTrainLoop', max_iters=48000)
param_scheduler = [
    dict(type='LinearLR', start_factor=1.0, end_factor=0.0, begin=24000, end=48000, by_epoch=False)
]
