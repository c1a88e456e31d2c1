# GTA5 -> Cityscapes at full scale: the paper's networks, 20 classes, CycleGAN's GTA5 recipe.
# A uniform sample of 2,400 GTA5 frames [ours; the paper's number is not known], 20 epochs.
_base_ = ['../_base_/semgan/model.py', '../_base_/semgan/runtime.py']
gta5_root = '{{$GTA5:data/gta5}}'
cityscapes_root = '{{$CITYSCAPES:data/cityscapes}}'
# Identity 10: CycleGAN's GTA5 recipe.
model = dict(weights=dict(idt_image=10.0, idt_classes=10.0))
pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='CheckPair'),
    # CycleGAN's GTA5 recipe: width 1024, crops of 360.
    dict(type='Resize', scale=(1024, 1024), keep_ratio=True),
    dict(type='RandomCrop', crop_size=(360, 360)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=1,
    # A pair of full-size PNGs takes a worker 0.15 s (tools/benchmark_training.py --config).
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='SeededInfiniteSampler', shuffle=True),
    dataset=dict(
        type='UnpairedDataset',
        source=dict(
            type='GTA5Dataset',
            class_set='cityscapes20',
            bad_pairs='skip',
            data_root=gta5_root,
            indices=list(range(0, 24000, 10)),
            pipeline=pipeline,
        ),
        # 100 frames [ours: the paper's number is not known]; or name yours in ann_file, one
        # <city>/<frame> stem a line.
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
# CycleGAN: Adam 2e-4 (0.5, 0.999), constant for the first half, then linearly to 0.
adam = dict(type='Adam', lr=2e-4, betas=(0.5, 0.999))
optim_wrapper = dict(
    constructor='SemGANOptimWrapperConstructor',
    generators=dict(optimizer=adam),
    discriminators=dict(optimizer=adam),
)
train_cfg = dict(type='IterBasedTrainLoop', max_iters=48000)
param_scheduler = [
    dict(type='LinearLR', start_factor=1.0, end_factor=0.0, begin=24000, end=48000, by_epoch=False)
]
