# UNIT on GTA5 -> Cityscapes at full scale, with its own losses and weights but without its
# perceptual loss.
_base_ = [
    '../_base_/datasets/unpaired_gta5_cityscapes.py',
    '../_base_/schedules/gan_48k.py',
    '../_base_/translator_runtime.py',
]
model = dict(
    type='UNIT',
    num_classes=20,
    generator=dict(base_channels=64, num_blocks=4),
    discriminator=dict(base_channels=64),
)
# It reads no labels, so it may use all target frames.
train_dataloader = dict(dataset=dict(target=dict(indices=None)))
# UNIT's own rate and weight decay. The rate falls as SemGAN's does [ours]. UNIT's own is halved
# every 100,000 iterations.
adam = dict(type='Adam', lr=1e-4, betas=(0.5, 0.999), weight_decay=1e-4)
optim_wrapper = dict(generators=dict(optimizer=adam), discriminators=dict(optimizer=adam))
