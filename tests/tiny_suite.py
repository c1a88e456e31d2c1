"""A suite of three rows that trains in seconds, and results as if it had."""

import json

from mmengine.config import Config

from semgan_aug.benchmark import scheduler, suite

#: Where suites lie in the config folder.
SUITES = 'suites'

SEGMENTER = """
_base_ = ['{configs}/_base_/default_runtime.py']
custom_hooks = []
frames = dict(type='MiniStreetsDataset', size=(24, 32), data_root='{data}')
load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
pack = [dict(type='RandomFlip', prob=0.5), dict(type='PackSegInputs')]
source = dict(num_frames=6, domain='game', pipeline=[*load, *pack], **frames)
target_few = dict(num_frames=2, domain='camera', pipeline=[*load, *pack], **frames)
target_all = dict(num_frames=3, domain='camera', pipeline=[*load, *pack], **frames)
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(type='SegDataPreProcessor', size_divisor=8),
    backbone=dict(type='DRN', arch='D-22', widths=(4,) * 8),
    decode_head=dict(type='FCNHead', in_channels=4, channels=4, num_convs=0, concat_input=False,
        num_classes=10, align_corners=False),
    test_cfg=dict(mode='whole'))
train_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=source)
val_dataloader = dict(
    batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(num_frames=3, domain='camera', first=1000, test_mode=True,
        pipeline=[*load, pack[1]], **frames))
val_evaluator = dict(type='ClassIoUMetric')
val_cfg = dict(type='ValLoop')
train_cfg = dict(type='IterBasedTrainLoop', max_iters=2, val_interval=2)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))
default_hooks = dict(
    timer=dict(type='IterTimerHook'), logger=dict(type='LoggerHook', interval=1),
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1))
"""

SUITE = """
segmenter = 'segmenter.py'
translators = dict(semgan='tiny_semgan.py')
variants = dict(semgan_no_dom={'model.weights.dom': 0.0})
translator_cost = 4
rows = dict(
    source_only=dict(),
    semgan=dict(restyle=dict(type='SemGANTranslate', translator='semgan')),
    oracle=dict(train='target_all'),
    left_out=None,
)
subsets = {'mIoU-2': ['road', 'sky']}
"""

#: Rows whose translators are trained with pseudo labels; appended to a suite.
PSEUDO = """
pseudo = dict(semgan_pseudo='source_only', semgan_pseudo2='semgan_pseudo')
rows['semgan_pseudo'] = dict(restyle=dict(type='SemGANTranslate', translator='semgan_pseudo'))
rows['semgan_pseudo2'] = dict(restyle=dict(type='SemGANTranslate', translator='semgan_pseudo2'))
"""


def write_suite(root, configs, data):
    """Writes the suite and its segmenter below ``root``; its SemGAN config is to be there."""
    (root / SUITES).mkdir(parents=True)
    (root / 'segmenter.py').write_text(SEGMENTER.format(configs=configs, data=data))
    (root / SUITES / 'tiny.py').write_text(SUITE)


def change_suite(root, *changes, append=''):
    """Replaces texts in the suite and appends one."""
    path = root / SUITES / 'tiny.py'
    text = path.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    path.write_text(text + append)


def result(mean, accuracy, **ious):
    """What a segmenter's job wrote, as far as tables read it."""
    return dict(metrics=dict(mIoU=mean, aAcc=accuracy, **{f'IoU.{k}': v for k, v in ious.items()}))


def write_results(the_suite, folder, seeds=(0,)):
    """Results of all rows as if trained elsewhere; their checkpoints and predictions are gone."""
    jobs = scheduler.plan(the_suite, folder, list(seeds), list(the_suite.rows))
    text = Config.fromfile(suite.CONFIG_ROOT / 'segmenter.py').pretty_text
    for job in jobs:
        metrics = result(30.0, 60.0, road=30.0, sky=20.0)['metrics'] if job.row else {}
        content = dict(metrics=metrics, checkpoint='gone.pth', text=text)
        job.result_file.write_text(json.dumps(content))
    return jobs


def results(**rows):
    """Results of rows whose mIoU and accuracy of the seeds 0, 1, ... are given; None: no result."""
    return dict(
        suite='tiny',
        classes=['road', 'sky'],
        subsets={'mIoU-2': ['road', 'sky']},
        label_consistency={},
        translators={},
        rows={
            row: {
                str(seed): result(*both, road=both[0], sky=both[0] + 10)
                for seed, both in enumerate(seeds)
                if both is not None
            }
            for row, seeds in rows.items()
        },
    )


#: mIoU and accuracy of the seeds 0 and 1.
SOURCE, SEMGAN, ORACLE = [(10, 40), (20, 40)], [(16, 50), (28, 52)], [(30, 60), (30, 60)]
