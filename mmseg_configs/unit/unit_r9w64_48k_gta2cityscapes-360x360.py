# UNIT's losses, weights and networks (without the perceptual loss) on the same frames as SemGAN. It
# reads no labels, so it may use all target frames.
_base_ = '../semgan/semgan_r9w64_48k_gta2cityscapes-360x360.py'
model = dict(
    _delete_=True,
    type='UNIT',
    num_classes=20,
    generator=dict(base_channels=64, num_blocks=4),
    discriminator=dict(base_channels=64),
)
train_dataloader = dict(dataset=dict(target=dict(indices=None)))
# Its own: Adam 1e-4, weight decay 1e-4. The rate falls as SemGAN's does [ours]; its own is halved
# every 100,000 iterations.
adam = dict(type='Adam', lr=1e-4, betas=(0.5, 0.999), weight_decay=1e-4)
optim_wrapper = dict(generators=dict(optimizer=adam), discriminators=dict(optimizer=adam))
