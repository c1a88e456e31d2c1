# What translators train on, suite dusk: 305 day frames of CamVid -> 20 labeled dusk frames, at half
# size (240 x 180).
data_root = '{{$SEMGAN_DATA:../shared/data}}'
pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='CheckPair'),
    dict(type='Resize', scale=(240, 180), keep_ratio=True),
    dict(type='RandomCrop', crop_size=(112, 144)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
source = dict(
    type='CamVidDataset',
    data_root=data_root,
    data_prefix=dict(img_path='camvid/images/train', seg_map_path='camvid/labels/train'),
    ann_file='benchmarks/dusk/source.txt',
    pipeline=pipeline,
)
# A method that reads no labels may use all frames: ann_file='benchmarks/dusk/target_all.txt'.
target = dict(
    type='CamVidDataset',
    data_root=data_root,
    data_prefix=dict(img_path='camvid/images/train', seg_map_path='camvid/labels/train'),
    ann_file='benchmarks/dusk/target_few.txt',
    pipeline=pipeline,
)
train_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='SeededInfiniteSampler', shuffle=True),
    dataset=dict(type='UnpairedDataset', source=source, target=target),
)
