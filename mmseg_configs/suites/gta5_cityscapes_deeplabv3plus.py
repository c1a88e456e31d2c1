# Suite gta5_cityscapes with DeepLabV3+ R50 as the segmenter.
_base_ = './gta5_cityscapes.py'
segmenter = 'deeplabv3plus/deeplabv3plus_r50_40k_gta2cityscapes-768x768.py'
