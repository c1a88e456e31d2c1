# MiniStreets, the demo's translator: 200 game frames -> 20 labelled camera frames, six minutes of
# one core [ours throughout].
_base_ = '../_base_/semgan/cpu_profile.py'
model = dict(
    num_classes=10,
    generator=dict(base_channels=16, num_blocks=4),
    discriminator=dict(base_channels=16),
)
seed = int('{{$MINISTREETS_SEED:0}}')
pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='CheckPair'),
    dict(type='RandomCrop', crop_size=(64, 96)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='UnpairedDataset',
        source=dict(
            type='MiniStreetsDataset', domain='game', num_frames=200, seed=seed, pipeline=pipeline
        ),
        target=dict(
            type='MiniStreetsDataset', domain='camera', num_frames=20, seed=seed, pipeline=pipeline
        ),
    ),
)
train_cfg = dict(max_iters=900)
param_scheduler = [
    dict(type='LinearLR', start_factor=1.0, end_factor=0.0, begin=450, end=900, by_epoch=False)
]
default_hooks = dict(checkpoint=dict(interval=100))
