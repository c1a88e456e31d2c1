# What segmenters train on, suite dusk: the day drives 0006R0 and 0016E5 of CamVid (305 labeled
# frames) -> the dusk drive 0001TP, at half size.
# Metrics are computed at the size of the ground truth, 480 x 360.
data_root = '{{$SEMGAN_DATA:../shared/data}}'
camvid = dict(img_path='camvid/images/train', seg_map_path='camvid/labels/train')
# 0.8 of the sides of a frame [ours].
crop_size = (144, 192)
# No color augmentation, because it would hide the gap that is measured.
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='Resize', scale=(240, 180), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(240, 180), keep_ratio=True),
    # After Resize, so that the ground truth keeps its size.
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
source = dict(
    type='CamVidDataset',
    data_root=data_root,
    data_prefix=camvid,
    ann_file='benchmarks/dusk/source.txt',
    pipeline=train_pipeline,
)
# The few labeled target frames, and all target frames for the oracle.
target_few = dict(
    type='CamVidDataset',
    data_root=data_root,
    data_prefix=camvid,
    ann_file='benchmarks/dusk/target_few.txt',
    pipeline=train_pipeline,
)
target_all = dict(
    type='CamVidDataset',
    data_root=data_root,
    data_prefix=camvid,
    ann_file='benchmarks/dusk/target_all.txt',
    pipeline=train_pipeline,
)
train_dataloader = dict(
    batch_size=4,
    # 0: on two cores, workers would compete with the network.
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
    dataset=dict(
        type='CamVidDataset',
        data_root=data_root,
        data_prefix=camvid,
        ann_file='benchmarks/dusk/eval.txt',
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
val_evaluator = dict(type='ClassIoUMetric')
test_evaluator = val_evaluator
