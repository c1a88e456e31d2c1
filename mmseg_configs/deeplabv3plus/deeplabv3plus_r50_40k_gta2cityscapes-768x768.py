# DeepLabV3+ on GTA5 -> Cityscapes, with the schedule and the ImageNet weights of mmseg; row
# "source only".
_base_ = [
    '../_base_/models/deeplabv3plus_r50.py',
    '../_base_/datasets/gta5_cityscapes.py',
    '../_base_/schedules/sgd_40k.py',
    '../_base_/default_runtime.py',
]
model = dict(
    backbone=dict(init_cfg=dict(type='Pretrained', checkpoint='open-mmlab://resnet50_v1c')),
    decode_head=dict(num_classes=20),
    auxiliary_head=dict(num_classes=20),
)
default_hooks = dict(checkpoint=dict(interval=4000))
