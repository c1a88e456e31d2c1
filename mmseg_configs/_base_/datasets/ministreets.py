# What segmenters train on, MiniStreets: frames that the package draws, so there is nothing to
# download. Source: the video-game look. Target: the dash-camera look. So few frames are enough for
# a first run [ours].
data_root = 'data/ministreets'
# Another seed draws other frames: MINISTREETS_SEED=1 tools/...
seed = int('{{$MINISTREETS_SEED:0}}')
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
source = dict(
    type='MiniStreetsDataset',
    domain='game',
    num_frames=200,
    seed=seed,
    data_root=data_root,
    pipeline=train_pipeline,
)
# The few labeled target frames, and all target frames for the oracle.
target_few = dict(
    type='MiniStreetsDataset',
    domain='camera',
    num_frames=20,
    seed=seed,
    data_root=data_root,
    pipeline=train_pipeline,
)
target_all = dict(
    type='MiniStreetsDataset',
    domain='camera',
    num_frames=200,
    seed=seed,
    data_root=data_root,
    pipeline=train_pipeline,
)
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=source,
)
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    # first=1000: shares no frame with target_all.
    dataset=dict(
        type='MiniStreetsDataset',
        domain='camera',
        num_frames=50,
        first=1000,
        seed=seed,
        data_root=data_root,
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
val_evaluator = dict(type='ClassIoUMetric')
test_evaluator = val_evaluator
