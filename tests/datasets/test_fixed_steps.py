"""One rule says which steps of a pipeline are random."""

import mmcv.transforms
import mmseg.datasets.transforms
import pytest
from mmengine.config import Config
from mmengine.dataset import Compose
from mmseg.datasets.transforms import RandomCrop
from mmseg.registry import TRANSFORMS

from semgan_aug.datasets.fixed_steps import RANDOM, fixed_steps, is_random, type_name

NAMES = [
    'LoadImageFromFile',
    'LoadAnnotations',
    'CheckPair',
    'Resize',
    'CropRows',
    'RandomCrop',
    'PackSegInputs',
]


def configs(*names):
    return [dict(type=name) for name in names]


@pytest.mark.parametrize(
    'step',
    [dict(type='mmseg.RandomCrop'), dict(type=RandomCrop), RandomCrop(crop_size=(2, 2))],
    ids=['text with a scope', 'class', 'object'],
)
def test_type_name(step):
    assert type_name(step) == 'RandomCrop' and is_random(step)


@pytest.mark.parametrize('name', sorted(RANDOM))
def test_names_in_the_list_exist(name):
    """A renamed transform would fall out of the rule."""
    assert TRANSFORMS.get(name) is not None and is_random(dict(type=name))


@pytest.mark.parametrize(
    'name', ['BioMedicalRandomGamma', 'RandomApply', 'RandomChoiceResize', 'BioMedical3DRandomFlip']
)
def test_random_anywhere_in_the_name(name):
    assert is_random(dict(type=name))


def test_every_transform_that_draws_is_known():
    """Methods that mmcv's ``cache_randomness`` marks draw; mmseg and mmcv mark most of theirs."""
    found = [
        cls
        for module in (mmcv.transforms, mmseg.datasets.transforms)
        for cls in vars(module).values()
        if getattr(cls, '_methods_with_randomness', ()) and cls is not mmcv.transforms.BaseTransform
    ]
    assert len(found) > 8
    assert not [cls.__name__ for cls in found if not is_random(dict(type=cls))]


@pytest.mark.parametrize('end', range(5, 7))
def test_the_steps_before_the_first_random_or_packing_one(end):
    names = NAMES[:5] + NAMES[end:]
    assert fixed_steps(configs(*names)) == configs(*NAMES[:5])


def test_no_end():
    assert fixed_steps([]) == [] and fixed_steps(configs('Resize')) == configs('Resize')


def test_our_own_random_transforms_end_it():
    assert fixed_steps(configs('LoadImageFromFile', 'SemGANTranslate')) == configs(NAMES[0])


def test_takes_what_datasets_hold():
    """Both the configs of a pipeline and the transforms that were built from it."""
    pipeline = Config(dict(p=configs(*NAMES[:3]) + [dict(type='RandomFlip', prob=0.5)])).p
    assert fixed_steps(pipeline) == pipeline[:3]
    built = Compose(pipeline).transforms
    assert fixed_steps(built) == built[:3]
