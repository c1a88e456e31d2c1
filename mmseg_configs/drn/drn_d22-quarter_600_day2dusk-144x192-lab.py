# Row "colour transfer": source frames with the Lab mean and deviation of a random target frame.
_base_ = './drn_d22-quarter_600_day2dusk-144x192.py'
train_pipeline = [
    *_base_.train_pipeline[:3],
    # It needs no labels, so it may use all target frames.
    dict(type='LabColorTransfer', target=_base_.target_all),
    *_base_.train_pipeline[3:],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
