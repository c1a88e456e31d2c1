# Row "source + target_few": the few labelled target frames simply mixed in.
_base_ = './unet_w16_250_game2camera-96x160.py'
# As often as source frames: 200 of them, 20 of these [ours].
few = dict(type='RepeatDataset', times=10, dataset=_base_.target_few)
train_dataloader = dict(
    dataset=dict(_delete_=True, type='ConcatDataset', datasets=[_base_.source, few])
)
