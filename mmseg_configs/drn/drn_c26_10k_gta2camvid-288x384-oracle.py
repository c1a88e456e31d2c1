# Row "oracle": all target frames, with labels.
_base_ = './drn_c26_10k_gta2camvid-288x384.py'
train_dataloader = dict(dataset=dict(_delete_=True, **_base_.target_all))
