# CycleGAN on GTA5 -> Cityscapes at full scale, with its own losses and its weights
# for GTA5 (identity 10).
# The generator has the width of SemGAN's and upsamples as it does [ours]; CycleGAN's own code has
# generator.upsampling='transposed'.
_base_ = [
    '../_base_/datasets/unpaired_gta5_cityscapes.py',
    '../_base_/schedules/gan_48k.py',
    '../_base_/translator_runtime.py',
]
model = dict(
    type='CycleGAN',
    num_classes=20,
    generator=dict(base_channels=64, num_blocks=9),
    discriminator=dict(base_channels=64, num_strided=3),
    weights=dict(idt=10.0),
)
# It reads no labels, so it may use all target frames.
train_dataloader = dict(dataset=dict(target=dict(indices=None)))
