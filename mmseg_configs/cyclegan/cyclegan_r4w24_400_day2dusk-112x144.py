# CycleGAN's losses and weights on the same frames as SemGAN, with a generator of the same width,
# and upsampling as there [ours, so that both upsample alike; CycleGAN's own is
# generator.upsampling='transposed']. It reads no labels, so it may use all target frames.
# CycleGAN's 2e-4 is for trainings of a hundred epochs: the rate is the CPU profile's [ours].
_base_ = '../semgan/semgan_r4w24-skip_400_day2dusk-112x144.py'
model = dict(
    _delete_=True,
    type='CycleGAN',
    # As SemGAN has it in this profile: so short a training swings around the target [ours].
    ema_decay=0.99,
    num_classes=11,
    generator=dict(base_channels=24, num_blocks=4),
    discriminator=dict(base_channels=32, num_strided=3),
)
train_dataloader = dict(dataset=dict(target=dict(ann_file='benchmarks/dusk/target_all.txt')))
