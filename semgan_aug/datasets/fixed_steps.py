"""The rule for which steps of a pipeline are random, for caches, previews and color banks."""

from collections.abc import Sequence
from typing import TypeVar

#: Transforms that draw random numbers, although their names do not contain "Random".
RANDOM = frozenset(
    {
        # mmseg and mmcv
        'Albu',
        'BioMedicalGaussianBlur',
        'BioMedicalGaussianNoise',
        'PhotoMetricDistortion',
        # semgan_aug: they draw a target frame, or whether to translate
        'ClassColorTransfer',
        'FDA',
        'HistogramMatching',
        'LabColorTransfer',
        'SemGANTranslate',
    }
)

Step = TypeVar('Step')


def type_name(step: object) -> str:
    """The name of a step or dataset without its scope, e.g. ``'RandomCrop'``.

    Args:
        step: a config (``type`` is a string or a class), or the object built from it.

    Example:
        >>> type_name(dict(type='mmseg.RandomCrop'))
        'RandomCrop'
    """
    kind = step['type'] if isinstance(step, dict) else type(step)
    return (kind if isinstance(kind, str) else kind.__name__).split('.')[-1]


def is_random(step: object) -> bool:
    """Whether a step may give a different result each time, judged by its name.

    By the convention of mmcv and mmseg, random transforms have ``Random`` in their names;
    :data:`RANDOM` lists the others. An unknown transform counts as fixed.

    Args:
        step: a config or a transform.

    Example:
        >>> is_random(dict(type='RandomFlip')), is_random(dict(type='Resize'))
        (True, False)
    """
    name = type_name(step)
    return 'Random' in name or name in RANDOM


def fixed_steps(pipeline: Sequence[Step]) -> list[Step]:
    """The steps before the first step that is random or packs the sample (``Pack...``).

    Args:
        pipeline: the steps as configs, or as transforms built from them.

    Example:
        >>> fixed_steps([dict(type='LoadImageFromFile'), dict(type='RandomFlip')])
        [{'type': 'LoadImageFromFile'}]
    """
    end = (i for i, s in enumerate(pipeline) if is_random(s) or type_name(s).startswith('Pack'))
    return list(pipeline[: next(end, len(pipeline))])
