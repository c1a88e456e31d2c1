# MiniStreets, the demo's translator: 200 game frames -> 20 labeled camera frames, five minutes
# of one core. [ours] throughout; what was tried is in docs/results/experiments.md.
_base_ = '../_base_/semgan/cpu_profile.py'
model = dict(
    num_classes=10,
    generator=dict(base_channels=16, num_blocks=3),
    # A 34 x 34 field: frames are 96 rows high.
    discriminator=dict(base_channels=32, num_strided=2),
)
optim_wrapper = dict(
    generators=dict(optimizer=dict(lr=8e-4)), discriminators=dict(optimizer=dict(lr=4e-4))
)
seed = int('{{$MINISTREETS_SEED:0}}')
pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='CheckPair'),
    # Full height: sky and road in each crop, so that the instance norm sees what it sees in use.
    dict(type='RandomCrop', crop_size=(96, 64)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='SeededInfiniteSampler', shuffle=True),
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
train_cfg = dict(max_iters=1000)
param_scheduler = [
    dict(type='LinearLR', start_factor=1.0, end_factor=0.0, begin=500, end=1000, by_epoch=False)
]
default_hooks = dict(checkpoint=dict(interval=100))
