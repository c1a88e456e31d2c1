# What translators train on at full scale: a uniform sample of 2,400 GTA5 frames [ours; the paper's
# number is not known] -> 100 labeled frames of Cityscapes.
gta5_root = '{{$GTA5:data/gta5}}'
cityscapes_root = '{{$CITYSCAPES:data/cityscapes}}'
pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='CheckPair'),
    # CycleGAN's settings for GTA5: width 1024, crops of 360.
    dict(type='Resize', scale=(1024, 1024), keep_ratio=True),
    dict(type='RandomCrop', crop_size=(360, 360)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=1,
    # A worker reads a pair of full-size PNGs in 0.15 s (tools/benchmark_speed.py training).
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='SeededInfiniteSampler', shuffle=True),
    dataset=dict(
        type='UnpairedDataset',
        source=dict(
            type='GTA5Dataset',
            class_set='cityscapes20',
            # The public release has 62 unusable pairs. The log lists each pair that is skipped.
            bad_pairs='skip',
            data_root=gta5_root,
            indices=list(range(0, 24000, 10)),
            pipeline=pipeline,
        ),
        # 100 frames [ours; the paper's number is not known]. To choose your own, list them in
        # ann_file, one <city>/<frame> stem a line, and set indices=None. A method that reads no
        # labels may use all frames: indices=None.
        target=dict(
            type='CityscapesIdsDataset',
            class_set='cityscapes20',
            data_root=cityscapes_root,
            data_prefix=dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train'),
            indices=list(range(0, 2975, 30)),
            pipeline=pipeline,
        ),
    ),
)
