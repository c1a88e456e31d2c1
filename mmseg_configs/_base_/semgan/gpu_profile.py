# One GPU: the paper's networks at full width with what the CPU profile showed to help (class
# colors, skips, a residual head, its weights). [ours]; not measured at this size. The paper's own
# is the row semgan_paper. 10,000 iterations.
_base_ = ['./model.py', './runtime.py']
model = dict(
    num_classes=11,
    generator=dict(skip=True, residual=True),
    class_colors=True,
    ema_decay=0.999,
    weights=dict(
        adv=1.0,
        rec_image=5.0,
        rec_classes=1.0,
        idt_image=0.0,
        idt_classes=0.0,
        dom=10.0,
    ),
)
# CycleGAN: Adam 2e-4 (0.5, 0.999), constant for the first half, then linearly to 0.
adam = dict(type='Adam', lr=2e-4, betas=(0.5, 0.999))
optim_wrapper = dict(
    constructor='SemGANOptimWrapperConstructor',
    generators=dict(optimizer=adam),
    discriminators=dict(optimizer=adam),
)
train_cfg = dict(type='IterBasedTrainLoop', max_iters=10000)
param_scheduler = [
    dict(type='LinearLR', start_factor=1.0, end_factor=0.0, begin=5000, end=10000, by_epoch=False)
]
