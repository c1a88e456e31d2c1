# Row "source + target_few": the 20 labelled target frames simply mixed in.
_base_ = './drn_d22-quarter_600_day2dusk-144x192.py'
# As often as source frames: 305 of them, 20 of these [ours].
few = dict(type='RepeatDataset', times=15, dataset=_base_.target_few)
train_dataloader = dict(
    dataset=dict(_delete_=True, type='ConcatDataset', datasets=[_base_.source, few])
)
