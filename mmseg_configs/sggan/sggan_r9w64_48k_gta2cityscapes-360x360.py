# SG-GAN's losses and weights on the same frames as SemGAN, with a ResNet generator of the same
# width (its code has one as an option) and 8 groups in its discriminators.
_base_ = '../semgan/semgan_r9w64_48k_gta2cityscapes-360x360.py'
model = dict(
    _delete_=True,
    type='SGGAN',
    num_classes=20,
    classes='cityscapes20',
    generator=dict(base_channels=64, num_blocks=9),
    discriminator=dict(base_channels=64, num_strided=3),
)
