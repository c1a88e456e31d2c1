# Row "oracle": all target frames, with labels.
_base_ = './drn_d22-quarter_600_gta2camvid-144x192.py'
train_dataloader = dict(dataset=dict(_delete_=True, **_base_.target_all))
