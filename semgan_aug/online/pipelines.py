"""Inspection of data pipelines: finds SemGANTranslate in them and checks what follows it."""

from collections.abc import Iterator, Sequence, ValuesView

from torch import Tensor

from ..core.errors import InputError
from .transform import SemGANTranslate


def marking_transforms(owners: Sequence[object]) -> list[SemGANTranslate]:
    """Finds the transforms that mark frames (``device='cuda'``) in the pipelines of some loaders.

    Args:
        owners: data loaders or datasets; None has no pipeline.

    Raises:
        InputError: a marking transform is not followed by packing alone, or packing drops
            ``img_path``.
    """
    seen: set[int] = set()
    return [
        transform
        for owner in owners
        for pipeline in pipelines(owner, seen)
        for transform in _check_order(list(_flat(pipeline)))
    ]


def pipelines(owner: object, seen: set[int]) -> Iterator[list]:
    """Yields the lists of transforms of a loader or dataset, and of the datasets that it wraps.

    Args:
        owner: a loader or dataset.
        seen: ``id()`` of the objects that have been inspected; changed in place.
    """
    if id(owner) in seen:
        return
    seen.add(id(owner))
    pipeline = getattr(owner, 'pipeline', None)
    transforms = getattr(pipeline, 'transforms', pipeline)
    if isinstance(transforms, list):
        yield transforms
    for name, value in getattr(owner, '__dict__', {}).items():
        inner = value.values() if isinstance(value, dict) else value
        for one in inner if isinstance(inner, (list, tuple, ValuesView)) else [inner]:
            wrapped = hasattr(one, '__getitem__') and hasattr(one, '__dict__')
            if wrapped and name != 'pipeline' and not isinstance(one, Tensor):
                yield from pipelines(one, seen)


def _flat(transforms: Sequence[object]) -> Iterator[object]:
    """Yields transforms in the order in which they run, also those in wrappers (RandomApply)."""
    for transform in transforms:
        inner = getattr(transform, 'transforms', None)
        inner = getattr(inner, 'transforms', inner)
        yield from _flat(inner) if isinstance(inner, (list, tuple)) else [transform]


def _check_order(transforms: list[object]) -> list[SemGANTranslate]:
    """The marking transforms of a pipeline; raises InputError unless packing comes next."""
    marking = [t for t in transforms if isinstance(t, SemGANTranslate) and t.by_batch]
    for transform in marking:
        after = transforms[transforms.index(transform) + 1 :]
        names = [type(t).__name__ for t in after]
        if len(names) != 1 or not names[0].startswith('Pack'):
            raise InputError(
                f"after SemGANTranslate(device='cuda') comes {', '.join(names) or 'nothing'}, but "
                'only PackSegInputs may, for all else would see the raw frame: move '
                'SemGANTranslate, or leave out device to translate in the workers'
            )
        if 'img_path' not in getattr(after[0], 'meta_keys', ('img_path',)):
            raise InputError(
                f'{names[0]} drops img_path, which tells SemGANTranslateHook what to translate: '
                "add 'img_path' to its meta_keys"
            )
    return marking
