# The same, trained on translated source frames. Another translator:
# --cfg-options train_dataloader.dataset.pipeline.4.ckpt=<path>
_base_ = './unet_s2w32_600_gta2camvid-144x192.py'
ckpt = 'work_dirs/semgan_r4w24-skip_400_gta2camvid-112x144/iter_400.pth'
train_pipeline = [
    # At the size that the translator was trained at, before the random transforms.
    *_base_.train_pipeline[:4],
    # Half of the frames keep the source's own variety of light (suites/cpu/gta.py).
    dict(type='SemGANTranslate', ckpt=ckpt, prob=0.5),
    *_base_.train_pipeline[4:],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
