# Benchmark gta: 20 GTA5 frames -> 20 labeled frames of CamVid.
# GPU profile, CamVid's own 480 x 360.
_base_ = '../_base_/semgan/gpu_profile.py'
data_root = '{{$SEMGAN_DATA:../shared/data}}'
pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='CheckPair'),
    dict(type='Resize', scale=(480, 360), keep_ratio=True),
    dict(type='RandomCrop', crop_size=(256, 320)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
# The ego hood, from 78 % of the height down, exists in no target frame.
gta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='CheckPair'),
    dict(type='CropRows', keep=0.78),
    dict(type='Resize', scale=(4800, 360), keep_ratio=True),
    dict(type='RandomCrop', crop_size=(256, 320)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
source = dict(
    type='GTA5Dataset',
    class_set='camvid11',
    data_root=data_root,
    data_prefix=dict(img_path='gta5-mini/images', seg_map_path='gta5-mini/labels'),
    ann_file='benchmarks/gta/source.txt',
    pipeline=gta_pipeline,
)
target = dict(
    type='CamVidDataset',
    data_root=data_root,
    data_prefix=dict(img_path='camvid/images/train', seg_map_path='camvid/labels/train'),
    ann_file='benchmarks/gta/target_few.txt',
    pipeline=pipeline,
)
train_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='SeededInfiniteSampler', shuffle=True),
    dataset=dict(type='UnpairedDataset', source=source, target=target),
)
