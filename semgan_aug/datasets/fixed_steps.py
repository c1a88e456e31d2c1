"""Which steps of a pipeline are random: the one rule for caches, previews and color banks."""

from collections.abc import Sequence
from typing import TypeVar

#: Transforms that draw random numbers without saying so in their name.
RANDOM = frozenset(
    {
        # of mmseg and mmcv
        'Albu',
        'BioMedicalGaussianBlur',
        'BioMedicalGaussianNoise',
        'PhotoMetricDistortion',
        # ours: they draw a target frame, or whether to translate
        'ClassColorTransfer',
        'FDA',
        'HistogramMatching',
        'LabColorTransfer',
        'SemGANTranslate',
    }
)

Step = TypeVar('Step')


def type_name(step: object) -> str:
    """The name of a step or dataset without its scope: ``'RandomCrop'`` for a config or an object.

    Args:
        step: a config (``type`` is text or a class), or what was built from one.

    Example:
        >>> type_name(dict(type='mmseg.RandomCrop'))
        'RandomCrop'
    """
    kind = step['type'] if isinstance(step, dict) else type(step)
    return (kind if isinstance(kind, str) else kind.__name__).split('.')[-1]


def is_random(step: object) -> bool:
    """Whether a step may give another result each time, judged by its name.

    Names that contain ``Random`` are random by the convention of mmcv and mmseg; :data:`RANDOM`
    lists the others. An unknown transform counts as fixed.

    Args:
        step: a config or a transform.

    Example:
        >>> is_random(dict(type='RandomFlip')), is_random(dict(type='Resize'))
        (True, False)
    """
    name = type_name(step)
    return 'Random' in name or name in RANDOM


def fixed_steps(pipeline: Sequence[Step]) -> list[Step]:
    """The steps before the first that is random or packs (``Pack...``).

    Args:
        pipeline: configs, or transforms that were built from them.

    Example:
        >>> fixed_steps([dict(type='LoadImageFromFile'), dict(type='RandomFlip')])
        [{'type': 'LoadImageFromFile'}]
    """
    end = (i for i, s in enumerate(pipeline) if is_random(s) or type_name(s).startswith('Pack'))
    return list(pipeline[: next(end, len(pipeline))])
