# The settings of CyCADA for DRN on GTA5: SGD 1e-3, momentum 0.99, weight decay 5e-4, 100k
# iterations at a constant rate.
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=1e-3, momentum=0.99, weight_decay=5e-4)
)
param_scheduler = None
train_cfg = dict(type='IterBasedTrainLoop', max_iters=100000, val_interval=10000)
