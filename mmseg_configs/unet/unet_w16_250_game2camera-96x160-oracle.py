# Row "oracle": as many target frames as there are source frames, with labels.
_base_ = './unet_w16_250_game2camera-96x160.py'
train_dataloader = dict(dataset=dict(_delete_=True, **_base_.target_all))
