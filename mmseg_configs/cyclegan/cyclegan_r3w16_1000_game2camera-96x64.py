# CycleGAN on MiniStreets, with its own losses and weights.
# The generator has the width of SemGAN's and upsamples as it does [ours]; CycleGAN's own code has
# generator.upsampling='transposed'.
_base_ = [
    '../_base_/datasets/unpaired_ministreets.py',
    '../_base_/schedules/gan_1000.py',
    '../_base_/translator_runtime.py',
]
model = dict(
    type='CycleGAN',
    num_classes=10,
    generator=dict(base_channels=16, num_blocks=3),
    discriminator=dict(base_channels=32, num_strided=2),
    # As for SemGAN [ours]: the weights of so short a training oscillate.
    ema_decay=0.99,
)
# It reads no labels, so it may use all target frames.
train_dataloader = dict(dataset=dict(target=dict(num_frames=200)))
default_hooks = dict(checkpoint=dict(interval=100))
