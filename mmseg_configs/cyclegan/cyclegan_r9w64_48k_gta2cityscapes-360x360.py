# CycleGAN with its GTA5 recipe (identity weight 10), on the same frames as SemGAN, upsampling as
# there [ours; CycleGAN's own is generator.upsampling='transposed']. It reads no labels, so it may
# use all target frames.
_base_ = '../semgan/semgan_r9w64_48k_gta2cityscapes-360x360.py'
model = dict(
    _delete_=True,
    type='CycleGAN',
    num_classes=20,
    generator=dict(base_channels=64, num_blocks=9),
    discriminator=dict(base_channels=64, num_strided=3),
    weights=dict(idt=10.0),
)
train_dataloader = dict(dataset=dict(target=dict(indices=None)))
