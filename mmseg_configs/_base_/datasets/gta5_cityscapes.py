# What segmenters train on at full scale: GTA5 -> Cityscapes val, both as downloaded, with the 20
# classes of the paper (19 + 'unlabeled'). For the usual 19, set class_set='cityscapes19' in each
# dataset below and num_classes=19 in the heads.
# Frames are resized to a short side of 1024, as in CyCADA.
gta5_root = '{{$GTA5:data/gta5}}'
cityscapes_root = '{{$CITYSCAPES:data/cityscapes}}'
# 768: from CyCADA's train_fcn.sh.
crop_size = (768, 768)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='Resize', scale=(2048, 1024), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(2048, 1024), keep_ratio=True),
    # After Resize, so that the ground truth keeps its size.
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
source = dict(
    type='GTA5Dataset',
    class_set='cityscapes20',
    # The public release has 62 unusable pairs. The log lists each pair that is skipped.
    bad_pairs='skip',
    data_root=gta5_root,
    # A uniform sample, as in the paper, the one that SemGAN trains on [ours]. All frames:
    # --cfg-options source.indices=None train_dataloader.dataset.indices=None
    indices=list(range(0, 24000, 10)),
    pipeline=train_pipeline,
)
# The same frames, sampled by class as in DAFormer (its numbers: temperature 0.01, min_pixels 3000).
source_rare = dict(type='RareClassDataset', dataset=source)
# 100 of the 2,975 training frames, evenly spread over the cities [ours; the paper's number of
# labeled target frames is not known].
target_few = dict(
    type='CityscapesIdsDataset',
    class_set='cityscapes20',
    data_root=cityscapes_root,
    data_prefix=dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train'),
    indices=list(range(0, 2975, 30)),
    pipeline=train_pipeline,
)
target_all = dict(
    type='CityscapesIdsDataset',
    class_set='cityscapes20',
    data_root=cityscapes_root,
    pipeline=train_pipeline,
)
train_dataloader = dict(
    # 2: from CyCADA.
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=source,
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CityscapesIdsDataset',
        class_set='cityscapes20',
        data_root=cityscapes_root,
        data_prefix=dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val'),
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
val_evaluator = dict(type='ClassIoUMetric')
test_evaluator = val_evaluator
