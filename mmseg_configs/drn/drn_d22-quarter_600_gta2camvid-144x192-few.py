# Row "source + target_few": the 20 labelled target frames simply mixed in.
_base_ = './drn_d22-quarter_600_gta2camvid-144x192.py'
# 20 frames of each: half and half without weights.
few = _base_.target_few
train_dataloader = dict(
    dataset=dict(_delete_=True, type='ConcatDataset', datasets=[_base_.source, few])
)
