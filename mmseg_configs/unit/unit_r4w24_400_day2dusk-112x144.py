# UNIT's losses and weights (without the perceptual loss) on the same frames as SemGAN, at the same
# width, with 2 of its own 4 residual blocks, and the CPU profile's rate instead of 1e-4 and weight
# decay [ours]. It reads no labels, so it may use all target frames.
_base_ = '../semgan/semgan_r4w24-skip_400_day2dusk-112x144.py'
model = dict(
    _delete_=True,
    type='UNIT',
    # As SemGAN has it in this profile: so short a training swings around the target [ours].
    ema_decay=0.99,
    num_classes=11,
    generator=dict(base_channels=24, num_blocks=2),
    discriminator=dict(base_channels=16),
)
train_dataloader = dict(dataset=dict(target=dict(ann_file='benchmarks/dusk/target_all.txt')))
