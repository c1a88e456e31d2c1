# SemGAN on your own data: copy this file within this folder and change its ten numbered entries.
# Unchanged, it trains on the MiniStreets frames that `make demo` renders: 200 source frames and 250
# target frames.
_base_ = [
    # Networks of the paper's size, for a GPU. For CPU cores: semgan_r4w24-skip.py.
    '../_base_/models/semgan_r9w64.py',
    '../_base_/schedules/gan_48k.py',
    '../_base_/translator_runtime.py',
]
# Both domains have the same classes in the same order. A label is a PNG with one channel or with a
# palette. Its values are 0 ... len(classes) - 1, and 255 where a pixel has no class.
# 1. The names of the classes, in the order of their values in the labels.
classes = (
    'road',
    'sidewalk',
    'building',
    'fence',
    'pole',
    'traffic sign',
    'vegetation',
    'sky',
    'person',
    'car',
)
# 2. The folder of the source: many labeled frames.
source_root = 'data/ministreets/game-v1-seed0-96x160'
# 3. Where its images and labels are, below that folder.
source_prefix = dict(img_path='images', seg_map_path='labels')
# 4. How the names of its images and labels end. What is before must be the same in both.
source_suffix = dict(img_suffix='.png', seg_map_suffix='.png')
# 5. The folder of the target: a few labeled frames, e.g. 20.
target_root = 'data/ministreets/camera-v1-seed0-96x160'
# 6. Where its images and labels are, below that folder.
target_prefix = dict(img_path='images', seg_map_path='labels')
# 7. How the names of its images and labels end.
target_suffix = dict(img_suffix='.png', seg_map_suffix='.png')
# 8. The size (width, height) into which frames are resized. Each frame keeps its proportions.
scale = (160, 96)
# 9. The size (height, width) of random crops, not larger than a resized frame.
crop_size = (96, 64)
# 10. The number of iterations. 48,000: 20 epochs of 2,400 source frames [ours].
max_iters = 48000
pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='CheckPair'),
    dict(type='Resize', scale=scale, keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
# Any mmseg dataset can take the place of BaseSegDataset, e.g. type='CityscapesDataset'.
train_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='SeededInfiniteSampler', shuffle=True),
    dataset=dict(
        type='UnpairedDataset',
        source=dict(
            type='BaseSegDataset',
            # Optional: palette=[[128, 64, 128], ...], the color of each class in pictures.
            metainfo=dict(classes=classes),
            data_root=source_root,
            data_prefix=source_prefix,
            pipeline=pipeline,
            **source_suffix,
        ),
        target=dict(
            type='BaseSegDataset',
            metainfo=dict(classes=classes),
            data_root=target_root,
            data_prefix=target_prefix,
            pipeline=pipeline,
            **target_suffix,
        ),
    ),
)
# What helped on MiniStreets and dusk [ours]: class colors, skips, a residual image head and their
# weights (results/lab_notebook.md). Not measured at this size. Without it: the paper's model.
# For frames of about 100 rows the demo adds discriminator=dict(num_strided=2): a score then sees
# 34 x 34 pixels instead of 70 x 70.
model = dict(
    num_classes=len(classes),
    generator=dict(skip=True, residual=True),
    class_colors=True,
    ema_decay=0.999,
    weights=dict(rec_image=5.0, rec_classes=1.0, idt_image=0.0, idt_classes=0.0),
)
train_cfg = dict(max_iters=max_iters)
# The rate is constant for the first half, then it falls linearly to 0.
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=1.0,
        end_factor=0.0,
        begin=max_iters // 2,
        end=max_iters,
        by_epoch=False,
    )
]
