# The paper's own protocol: GTA5 -> Cityscapes val, 20 classes, a uniform sample of GTA5, DRN-C-26.
# For those who have the data: GTA5=... CITYSCAPES=... Paths are relative to mmseg_configs/.
_base_ = '../../_base_/suites/table.py'
segmenter = 'drn/drn_c26_100k_gta2cityscapes-768x768.py'
translators = dict(
    semgan='semgan/semgan_r9w64_48k_gta2cityscapes-360x360.py',
    cyclegan='cyclegan/cyclegan_r9w64_48k_gta2cityscapes-360x360.py',
    sggan='sggan/sggan_r9w64_48k_gta2cityscapes-360x360.py',
    unit='unit/unit_r9w64_48k_gta2cityscapes-360x360.py',
)
# Here SemGAN itself has the paper's objective (identity 10, CycleGAN's recipe for GTA5).
rows = dict(semgan_paper=None)
# 5 of the 100 that are target_few, the ones that the rows of 5 labels mix in.
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
