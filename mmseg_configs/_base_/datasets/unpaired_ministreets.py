# What translators train on, MiniStreets: 200 frames of the video-game look -> 20 labeled frames of
# the dash-camera look [ours].
# Another seed draws other frames: MINISTREETS_SEED=1 tools/...
seed = int('{{$MINISTREETS_SEED:0}}')
pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='CheckPair'),
    # Full height: each crop has sky and road, so that the instance norm sees what it sees in use.
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
        # A method that reads no labels may use all 200: num_frames=200.
        target=dict(
            type='MiniStreetsDataset', domain='camera', num_frames=20, seed=seed, pipeline=pipeline
        ),
    ),
)
