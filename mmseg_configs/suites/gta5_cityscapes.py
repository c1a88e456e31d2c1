# Suite gta5_cityscapes, the protocol of the paper at full scale: GTA5 -> Cityscapes val, 20
# classes, a uniform sample of GTA5, DRN-C-26. It needs both data sets: GTA5=... CITYSCAPES=...
# Paths are relative to mmseg_configs/.
_base_ = '../_base_/suites/table.py'
segmenter = 'drn/drn_c26_100k_gta2cityscapes-768x768.py'
translators = dict(
    semgan='semgan/semgan_r9w64_48k_gta2cityscapes-360x360.py',
    cyclegan='cyclegan/cyclegan_r9w64_48k_gta2cityscapes-360x360.py',
    sggan='sggan/sggan_r9w64_48k_gta2cityscapes-360x360.py',
    unit='unit/unit_r9w64_48k_gta2cityscapes-360x360.py',
)
rows = dict(
    # Here SemGAN itself has the objective of the paper (identity 10: CycleGAN's settings for GTA5).
    semgan_paper=None,
    # Frames with rare classes are drawn more often, as in DAFormer.
    source_rare=dict(train='source_rare'),
    semgan_rare=dict(
        train='source_rare', restyle=dict(type='SemGANTranslate', translator='semgan'), cost=2
    ),
)
# 5 of the 100 frames of target_few, the same 5 that the rows with 5 labels mix in.
variants = dict(
    semgan_5={'train_dataloader.dataset.target.indices': [0, 600, 1200, 1800, 2400]},
)
# The usual mean, without 'unlabeled'.
subsets = {
    'mIoU-19': [
        'road',
        'sidewalk',
        'building',
        'wall',
        'fence',
        'pole',
        'traffic light',
        'traffic sign',
        'vegetation',
        'terrain',
        'sky',
        'person',
        'rider',
        'car',
        'truck',
        'bus',
        'train',
        'motorcycle',
        'bicycle',
    ],
}
