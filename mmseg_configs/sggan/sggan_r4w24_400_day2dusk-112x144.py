# SG-GAN on the suite dusk, with its own losses and weights, and 8 groups in its discriminators.
# The generator is a ResNet (an option of SG-GAN's own code) of the width of SemGAN's.
# It reads the labels of both domains, so it trains on the few labeled target frames.
_base_ = [
    '../_base_/datasets/unpaired_dusk.py',
    '../_base_/schedules/gan_400.py',
    '../_base_/translator_runtime.py',
]
model = dict(
    type='SGGAN',
    num_classes=11,
    classes='camvid11',
    generator=dict(base_channels=24, num_blocks=4),
    discriminator=dict(base_channels=32, num_strided=3),
    # As for SemGAN [ours]: the weights of so short a training oscillate.
    ema_decay=0.99,
)
default_hooks = dict(checkpoint=dict(interval=100))
