# CycleGAN's losses and weights on the same frames as SemGAN, with a generator of the same width,
# and upsampling as there [ours, so that both upsample alike; CycleGAN's own is
# generator.upsampling='transposed']. It reads no labels, so it may use all target frames.
_base_ = '../semgan/semgan_r9w64-skip_10k_day2dusk-256x320.py'
model = dict(
    _delete_=True,
    type='CycleGAN',
    # As SemGAN has it in this profile [ours].
    ema_decay=0.999,
    num_classes=11,
    generator=dict(base_channels=64, num_blocks=9),
    discriminator=dict(base_channels=64, num_strided=3),
)
train_dataloader = dict(dataset=dict(target=dict(ann_file='benchmarks/dusk/target_all.txt')))
