# SemGAN on the suite dusk: CamVid by day -> at dusk.
_base_ = [
    '../_base_/models/semgan_r4w24-skip.py',
    '../_base_/datasets/unpaired_dusk.py',
    '../_base_/schedules/gan_400.py',
    '../_base_/translator_runtime.py',
]
model = dict(
    num_classes=11,
    # [ours] At dusk, classes have little contrast. With rec_image=5 the generator adds so much that
    # cars get lost. The identity loss on real dusk frames prevents it (results/lab_notebook.md).
    weights=dict(rec_image=20.0, idt_image=10.0),
)
default_hooks = dict(checkpoint=dict(interval=100))
