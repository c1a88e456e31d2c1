# SemGAN on MiniStreets, the translator of the demo: five minutes of one core. [ours] throughout;
# results/lab_notebook.md says what was tried.
_base_ = [
    '../_base_/models/semgan_r4w24-skip.py',
    '../_base_/datasets/unpaired_ministreets.py',
    '../_base_/schedules/gan_1000.py',
    '../_base_/translator_runtime.py',
]
model = dict(
    num_classes=10,
    generator=dict(base_channels=16, num_blocks=3),
    # A receptive field of 34 x 34: frames are 96 rows high.
    discriminator=dict(num_strided=2),
)
default_hooks = dict(checkpoint=dict(interval=100))
