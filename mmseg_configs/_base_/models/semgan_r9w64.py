# The networks and the objective of the paper. Numbers without a mark are those of CycleGAN.
model = dict(
    type='SemGAN',
    num_classes=20,
    # 11.9 M parameters per generator. shared_blocks=None: the decoders split after all blocks.
    generator=dict(base_channels=64, num_blocks=9, shared_blocks=None),
    discriminator=dict(base_channels=64, num_strided=3),
    # Equation 1. rec, idt: CycleGAN; dom, otr: QingXIA233/SemGAN for domain transfer.
    weights=dict(
        adv=1.0,
        rec_image=10.0,
        rec_classes=10.0,
        idt_image=5.0,
        idt_classes=5.0,
        dom=10.0,
        otr=0.0,
    ),
    gan_mode='lsgan',
    # [ours], measured: results/class_map_leak.md
    discriminator_sees='straight_through',
    # [ours] equation 2, for object transfiguration only
    indicator='background',
    transfigured=(),
    pool_size=50,
    # [ours], on in semgan_r4w24-skip.py
    class_colors=False,
    # Exponential moving average of the generators' weights, e.g. 0.999. 0 is off.
    ema_decay=0.0,
    # For GPUs: docs/training.md says what each costs and gains.
    channels_last=False,
    compile=False,
)
