# UNIT's losses, weights and networks (without the perceptual loss) on the same frames as SemGAN, at
# the same width. It reads no labels, so it may use all target frames.
_base_ = '../semgan/semgan_r9w64-skip_10k_day2dusk-256x320.py'
model = dict(
    _delete_=True,
    type='UNIT',
    # As SemGAN has it in this profile [ours].
    ema_decay=0.999,
    num_classes=11,
    generator=dict(base_channels=64, num_blocks=4),
    discriminator=dict(base_channels=64),
)
train_dataloader = dict(dataset=dict(target=dict(ann_file='benchmarks/dusk/target_all.txt')))
# Its own: Adam 1e-4, weight decay 1e-4. The rate falls as SemGAN's does [ours]; its own is halved
# every 100,000 iterations.
adam = dict(type='Adam', lr=1e-4, betas=(0.5, 0.999), weight_decay=1e-4)
optim_wrapper = dict(generators=dict(optimizer=adam), discriminators=dict(optimizer=adam))
