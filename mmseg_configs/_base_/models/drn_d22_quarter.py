# For CPUs: half of DRN-D-22's widths, a quarter where it is widest; 1.34 M parameters [ours].
_base_ = ['./drn_d22.py']
model = dict(
    backbone=dict(widths=(8, 16, 32, 64, 96, 128, 128, 128)),
    decode_head=dict(in_channels=128, channels=128),
)
