# DRN-C-26 on GTA5 -> Cityscapes, the task network of the paper with the settings of CyCADA; row
# "source only".
_base_ = [
    '../_base_/models/drn_c26.py',
    '../_base_/datasets/gta5_cityscapes.py',
    '../_base_/schedules/sgd_cycada_100k.py',
    '../_base_/default_runtime.py',
]
model = dict(decode_head=dict(num_classes=20))
# A snapshot every 5,000 iterations, as in CyCADA.
default_hooks = dict(checkpoint=dict(interval=5000))
