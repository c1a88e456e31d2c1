# SG-GAN's losses and weights on the same frames as SemGAN, with a ResNet generator of the same
# width (its code has one as an option) and 8 groups in its discriminators. It reads the labels of
# both domains, so it has the few labeled target frames.
_base_ = '../semgan/semgan_r4w24-skip_400_day2dusk-112x144.py'
model = dict(
    _delete_=True,
    type='SGGAN',
    # As SemGAN has it in this profile: so short a training swings around the target [ours].
    ema_decay=0.99,
    num_classes=11,
    classes='camvid11',
    generator=dict(base_channels=24, num_blocks=4),
    discriminator=dict(base_channels=32, num_strided=3),
)
