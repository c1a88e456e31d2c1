# SG-GAN on GTA5 -> Cityscapes at full scale, with its own losses and weights, and
# 8 groups in its discriminators.
# The generator is a ResNet (an option of SG-GAN's own code) of the width of SemGAN's.
# It reads the labels of both domains, so it trains on the few labeled target frames.
_base_ = [
    '../_base_/datasets/unpaired_gta5_cityscapes.py',
    '../_base_/schedules/gan_48k.py',
    '../_base_/translator_runtime.py',
]
model = dict(
    type='SGGAN',
    num_classes=20,
    classes='cityscapes20',
    generator=dict(base_channels=64, num_blocks=9),
    discriminator=dict(base_channels=64, num_strided=3),
)
