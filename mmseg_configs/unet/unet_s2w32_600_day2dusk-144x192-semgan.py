# The same, trained on translated source frames. Another translator:
# --cfg-options train_dataloader.dataset.pipeline.3.ckpt=<path>
_base_ = './unet_s2w32_600_day2dusk-144x192.py'
ckpt = 'work_dirs/semgan_r4w24-skip_400_day2dusk-112x144/iter_400.pth'
train_pipeline = [
    # At the size that the translator was trained at, before the random transforms.
    *_base_.train_pipeline[:3],
    dict(type='SemGANTranslate', ckpt=ckpt),
    *_base_.train_pipeline[3:],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
