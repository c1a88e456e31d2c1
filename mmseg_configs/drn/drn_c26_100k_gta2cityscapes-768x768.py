# GTA5 -> Cityscapes, the paper's task network with CyCADA's recipe.
_base_ = [
    '../_base_/models/drn_c26.py',
    '../_base_/datasets/gta5_cityscapes.py',
    '../_base_/schedules/sgd_cycada_100k.py',
    '../_base_/default_runtime.py',
]
model = dict(decode_head=dict(num_classes=20))
