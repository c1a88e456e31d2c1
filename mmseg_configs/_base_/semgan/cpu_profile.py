# Two CPU cores, minutes: half-size frames and thin networks that start from the class-wise
# color transfer to a random target frame and add what it lacks; a short training at a higher
# rate. [ours] throughout, chosen on MiniStreets and gta: docs/results/experiments.md.
_base_ = ['./model.py', './runtime.py']
model = dict(
    num_classes=11,
    generator=dict(base_channels=24, num_blocks=4, skip=True, residual=True),
    discriminator=dict(base_channels=32),
    class_colors=True,
    # So short a training swings around the target; its running mean does not.
    ema_decay=0.99,
    # Identity has nothing left to do: it is there for the colors, which are moved already.
    weights=dict(
        adv=1.0,
        rec_image=5.0,
        rec_classes=1.0,
        idt_image=0.0,
        idt_classes=0.0,
        dom=10.0,
    ),
)
adam = dict(type='Adam', lr=5e-4, betas=(0.5, 0.999))
optim_wrapper = dict(
    constructor='SemGANOptimWrapperConstructor',
    generators=dict(optimizer=adam),
    discriminators=dict(optimizer=adam),
)
train_cfg = dict(type='IterBasedTrainLoop', max_iters=400)
default_hooks = dict(checkpoint=dict(interval=100))
param_scheduler = [
    dict(type='LinearLR', start_factor=1.0, end_factor=0.0, begin=200, end=400, by_epoch=False)
]
