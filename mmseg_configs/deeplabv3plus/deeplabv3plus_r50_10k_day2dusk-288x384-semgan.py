# The same, trained on translated source frames. Another translator:
# --cfg-options train_dataloader.dataset.pipeline.3.ckpt=<path>
_base_ = './deeplabv3plus_r50_10k_day2dusk-288x384.py'
ckpt = 'work_dirs/semgan_r9w64-skip_10k_day2dusk-256x320/iter_10000.pth'
train_pipeline = [
    # At the size that the translator was trained at, before the random transforms.
    *_base_.train_pipeline[:3],
    dict(type='SemGANTranslate', ckpt=ckpt),
    *_base_.train_pipeline[3:],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
