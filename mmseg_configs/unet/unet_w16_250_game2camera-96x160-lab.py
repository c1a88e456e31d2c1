# Row "colour transfer": source frames with the Lab mean and deviation of a random target frame.
_base_ = './unet_w16_250_game2camera-96x160.py'
train_pipeline = [
    *_base_.train_pipeline[:2],
    # It needs no labels, so it may use all target frames.
    dict(type='LabColorTransfer', target=_base_.target_all),
    *_base_.train_pipeline[2:],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
