# The same on translated source frames; row "SemGAN". Another translator:
# --cfg-options train_dataloader.dataset.pipeline.2.ckpt=<path>
_base_ = './unet_w16_250_game2camera-96x160.py'
ckpt = 'work_dirs/semgan_r3w16-skip_1000_game2camera-96x64/iter_1000.pth'
train_pipeline = [
    # Whole frames, before the random transforms.
    *_base_.train_pipeline[:2],
    dict(type='SemGANTranslate', ckpt=ckpt),
    *_base_.train_pipeline[2:],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
