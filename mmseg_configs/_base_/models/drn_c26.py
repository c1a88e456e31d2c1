# DRN-C-26 (arXiv 1705.09914), a 1 x 1 convolution to classes, bilinear upsampling by 8,
# cross-entropy. DRN-D-22: model.backbone.arch='D-22'.
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255,
        size_divisor=8,
    ),
    # ImageNet weights: init_cfg=dict(type='Pretrained', checkpoint=<drn_c_26 of fyu/drn>)
    backbone=dict(type='DRN', arch='C-26', norm_cfg=dict(type='BN')),
    decode_head=dict(
        type='FCNHead',
        in_channels=512,
        channels=512,
        num_convs=0,
        concat_input=False,
        dropout_ratio=0,
        num_classes=19,
        align_corners=False,
        # avg_non_ignore: the mean over labeled pixels, as in torch's own cross-entropy.
        loss_decode=dict(
            type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0, avg_non_ignore=True
        ),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
