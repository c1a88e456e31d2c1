# Two CPU cores, under an hour: thin networks, half-size frames. [ours] throughout: 24 channels and
# 4 blocks were stable in a first trial of this size.
_base_ = ['./model.py', './runtime.py']
model = dict(
    num_classes=11,
    generator=dict(base_channels=24, num_blocks=4),
    discriminator=dict(base_channels=32),
    # The paper's weights for the image; class maps are nearly copied: a tenth is enough for them.
    weights=dict(rec_classes=1.0, idt_classes=0.5, dom=2.0),
)
# CycleGAN: Adam 2e-4 (0.5, 0.999), constant for the first half, then linearly to 0.
adam = dict(type='Adam', lr=2e-4, betas=(0.5, 0.999))
optim_wrapper = dict(
    constructor='SemGANOptimWrapperConstructor',
    generators=dict(optimizer=adam),
    discriminators=dict(optimizer=adam),
)
train_cfg = dict(type='IterBasedTrainLoop', max_iters=1500)
default_hooks = dict(checkpoint=dict(interval=250))
param_scheduler = [
    dict(type='LinearLR', start_factor=1.0, end_factor=0.0, begin=750, end=1500, by_epoch=False)
]
