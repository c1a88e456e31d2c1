# The same on translated source frames; row "SemGAN". Another translator:
# --cfg-options train_dataloader.dataset.pipeline.2.ckpt=<path>
_base_ = './drn_c26_100k_gta2cityscapes-768x768.py'
ckpt = 'work_dirs/semgan_r9w64_48k_gta2cityscapes-360x360/iter_48000.pth'
train_pipeline = [
    # Whole frames, before the random transforms.
    *_base_.train_pipeline[:2],
    dict(type='SemGANTranslate', ckpt=ckpt),
    *_base_.train_pipeline[2:],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
