# SG-GAN's losses and weights on the same frames as SemGAN, with a ResNet generator of the same
# width (its code has one as an option) and 8 groups in its discriminators. It reads the labels of
# both domains, so it has the few labeled target frames.
_base_ = '../semgan/semgan_r9w64-skip_10k_day2dusk-256x320.py'
model = dict(
    _delete_=True,
    type='SGGAN',
    # As SemGAN has it in this profile [ours].
    ema_decay=0.999,
    num_classes=11,
    classes='camvid11',
    generator=dict(base_channels=64, num_blocks=9),
    discriminator=dict(base_channels=64, num_strided=3),
)
