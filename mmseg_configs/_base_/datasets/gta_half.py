# Benchmark `gta`, synthetic -> real: 20 GTA5 frames -> CamVid drive 0006R0, evaluated on drive
# 0016E5, at half size, for two CPU cores (no worker processes: they would compete with
# the network).
# Metrics are computed at the size of the ground truth, 480 x 360.
data_root = '{{$SEMGAN_DATA:../shared/data}}'
camvid = dict(img_path='camvid/images/train', seg_map_path='camvid/labels/train')
# 0.8 of the frame's sides [ours].
crop_size = (144, 192)
# The ego hood begins between 0.785 and 0.871 of the height in the 20 frames; the rest is resized
# to 180 rows, so a random crop is a window of about 4:3 out of 420 columns. No color
# augmentation: it would hide the gap that is measured.
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='CropRows', keep=0.78),
    dict(type='Resize', scale=(2400, 180), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
target_train_pipeline = [
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
    # After Resize: the ground truth keeps its size.
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
source = dict(
    type='GTA5Dataset',
    class_set='camvid11',
    data_root=data_root,
    data_prefix=dict(img_path='gta5-mini/images', seg_map_path='gta5-mini/labels'),
    ann_file='benchmarks/gta/source.txt',
    pipeline=train_pipeline,
)
# The labeled target frames that leaves `-few` and `-oracle` train on.
target_few = dict(
    type='CamVidDataset',
    data_root=data_root,
    data_prefix=camvid,
    ann_file='benchmarks/gta/target_few.txt',
    pipeline=target_train_pipeline,
)
target_all = dict(
    type='CamVidDataset',
    data_root=data_root,
    data_prefix=camvid,
    ann_file='benchmarks/gta/target_all.txt',
    pipeline=target_train_pipeline,
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
    dataset=dict(
        type='CamVidDataset',
        data_root=data_root,
        data_prefix=camvid,
        ann_file='benchmarks/gta/eval.txt',
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='ClassIoUMetric')
test_evaluator = val_evaluator
