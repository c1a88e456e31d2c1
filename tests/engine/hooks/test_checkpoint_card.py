"""The translator's card in each checkpoint."""

from types import SimpleNamespace

import tiny

from semgan_aug.engine.hooks import CheckpointCardHook


def test_card_tells_what_the_network_is(ckpt):
    model, _ = tiny.build_semgan(generator=tiny.GENERATOR | dict(amp_dtype='bfloat16'))
    meta = dict(classes=('a', 'b', 'c'), palette=[(1, 2, 3), [4, 5, 6], (7, 8, 9)])
    dataset = SimpleNamespace(metainfo=meta)
    runner = SimpleNamespace(model=model, train_dataloader=SimpleNamespace(dataset=dataset))
    checkpoint = {}
    CheckpointCardHook().before_save_checkpoint(runner, checkpoint)
    assert checkpoint == dict(
        semgan_aug=dict(
            version=1,
            method='SemGAN',
            direction='source2target',
            classes=['a', 'b', 'c'],
            palette=[[1, 2, 3], [4, 5, 6], [7, 8, 9]],
            ema=False,
            class_colors=False,
            generator=dict(base_channels=4, num_blocks=1),
        )
    )
