"""Where SemGANTranslate stands in a pipeline: what is found, and what may follow it."""

from types import SimpleNamespace

import pytest
import tiny
from mmcv.transforms import BaseTransform
from mmseg.registry import DATASETS, TRANSFORMS
from online_training import assert_same, expected, pipeline

from semgan_aug.core.errors import InputError
from semgan_aug.online import SemGANTranslate
from semgan_aug.online.pipelines import marking_transforms, pipelines


@pytest.mark.parametrize(
    'change, message',
    [
        (dict(after=[dict(type='RandomFlip', prob=0.5)]), 'comes RandomFlip, PackSegInputs, but'),
        (dict(after=['PhotoMetricDistortion']), 'comes PhotoMetricDistortion, PackSegInputs'),
        (dict(twice=True), 'comes SemGANTranslate, PackSegInputs'),
        (dict(pack=dict(meta_keys=('ori_shape',))), "add 'img_path' to its meta_keys"),
    ],
)
def test_what_may_follow(build, ckpt, change, message):
    steps = pipeline(ckpt, **{k: v for k, v in change.items() if k != 'twice'})
    runner = build(steps[:3] + steps[2:] if 'twice' in change else steps)
    with pytest.raises(InputError, match=message) as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))
    assert not runner.model.seen


class Sometimes(BaseTransform):
    """Wraps a transform under a name of its own."""

    def __init__(self, step: dict):
        self.step = TRANSFORMS.build(step)

    def transform(self, results: dict) -> dict:
        return self.step(results)


@pytest.mark.slow
def test_a_transform_that_cannot_be_looked_into(build, ckpt):
    TRANSFORMS.register_module(name='Sometimes', module=Sometimes, force=True)
    steps = pipeline(ckpt)
    steps[2] = dict(type='Sometimes', step=steps[2])
    runner = build(steps)
    with pytest.raises(InputError, match='put it into the pipeline itself') as error:
        runner.train()
    tiny.assert_one_sentence(str(error.value))
    assert not runner.model.seen


class InADict:
    """A dataset that keeps another in a dict."""

    def __init__(self, dataset: dict):
        self.parts = dict(one=DATASETS.build(dataset), again=self)
        self.metainfo = self.parts['one'].metainfo

    def __len__(self) -> int:
        return len(self.parts['one'])

    def __getitem__(self, index: int) -> dict:
        return self.parts['one'][index]

    def full_init(self) -> None:
        self.parts['one'].full_init()


@pytest.mark.slow
def test_datasets_inside_anything(build, ckpt, folder):
    DATASETS.register_module(name='InADict', module=InADict, force=True)
    runner = build(
        pipeline(ckpt, variants=1), wrap=lambda dataset: dict(type='InADict', dataset=dataset)
    )
    runner.train()
    assert_same(runner.model.seen, expected(runner.model.seen, ckpt, folder, variants=1))


class Frames:
    """Like a dataset: has items and a pipeline."""

    def __init__(self, *transforms):
        self.pipeline = SimpleNamespace(transforms=list(transforms))

    def __getitem__(self, index):
        raise AssertionError('loads nothing')


def test_every_pipeline_is_found_once():
    """Of datasets in lists, in dicts and in a loop of wrappers."""
    a, b, c = Frames('a'), Frames('b'), Frames('c')
    a.datasets, a.again = [b, a], a
    b.parts = dict(one=c, two=b)
    loader = SimpleNamespace(dataset=a)
    assert list(pipelines(loader, set())) == [['a'], ['b'], ['c']]
    assert list(pipelines(None, set())) == []


@pytest.mark.parametrize('inner', ['RandomApply', 'RandomChoice'])
def test_inside_wrappers_of_mmcv(ckpt, inner):
    """They are looked into, and what follows the wrapper follows the transform."""
    step = SemGANTranslate(str(ckpt))
    step.by_batch = True  # as in a Runner with the hook
    wrapped = [step] if inner == 'RandomApply' else [[step]]
    wrapper = TRANSFORMS.build(dict(type=inner, transforms=wrapped))
    pack = TRANSFORMS.build(dict(type='PackSegInputs'))
    flip = TRANSFORMS.build(dict(type='RandomFlip', prob=0.5))
    assert marking_transforms([SimpleNamespace(pipeline=[wrapper, pack])]) == [step]
    with pytest.raises(InputError, match='comes RandomFlip, PackSegInputs, but'):
        marking_transforms([SimpleNamespace(pipeline=[wrapper, flip, pack])])
