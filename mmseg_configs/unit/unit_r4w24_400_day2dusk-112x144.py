# UNIT on the suite dusk, with its own losses and weights but without its perceptual loss.
# At the width of SemGAN, with 2 of its 4 residual blocks. The rate is the schedule's, instead of
# UNIT's own 1e-4 with weight decay [ours].
_base_ = [
    '../_base_/datasets/unpaired_dusk.py',
    '../_base_/schedules/gan_400.py',
    '../_base_/translator_runtime.py',
]
model = dict(
    type='UNIT',
    num_classes=11,
    generator=dict(base_channels=24, num_blocks=2),
    discriminator=dict(base_channels=16),
    # As for SemGAN [ours]: the weights of so short a training oscillate.
    ema_decay=0.99,
)
# It reads no labels, so it may use all target frames.
train_dataloader = dict(dataset=dict(target=dict(ann_file='benchmarks/dusk/target_all.txt')))
default_hooks = dict(checkpoint=dict(interval=100))
