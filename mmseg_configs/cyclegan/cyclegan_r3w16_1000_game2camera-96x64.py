# CycleGAN's losses and weights on the same frames as SemGAN, with a generator of the same width,
# and upsampling as there [ours, so that both upsample alike; CycleGAN's own is
# generator.upsampling='transposed']. It reads no labels, so it may use all target frames.
# CycleGAN's 2e-4 is for trainings of a hundred epochs: the rate is the CPU profile's [ours].
_base_ = '../semgan/semgan_r3w16-skip_1000_game2camera-96x64.py'
model = dict(
    _delete_=True,
    type='CycleGAN',
    # As SemGAN has it in this profile: so short a training swings around the target [ours].
    ema_decay=0.99,
    num_classes=10,
    generator=dict(base_channels=16, num_blocks=3),
    discriminator=dict(base_channels=32, num_strided=2),
)
train_dataloader = dict(dataset=dict(target=dict(num_frames=200)))
