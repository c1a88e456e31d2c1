# SemGAN as in the paper on GTA5 -> Cityscapes at full scale, 20 classes.
_base_ = [
    '../_base_/models/semgan_r9w64.py',
    '../_base_/datasets/unpaired_gta5_cityscapes.py',
    '../_base_/schedules/gan_48k.py',
    '../_base_/translator_runtime.py',
]
# Identity 10: CycleGAN's settings for GTA5.
model = dict(weights=dict(idt_image=10.0, idt_classes=10.0))
