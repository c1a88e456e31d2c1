"""Build context: the dataset and the Runner that are building a transform.

SemGANTranslate needs both. It compares its checkpoint's classes with the dataset's classes, and it
registers itself with the run's hook. mmengine builds a transform from its config entry alone and
passes neither of them. Later is too late, because worker processes get a copy of the pipeline. But
a transform is built inside ``__init__`` of its dataset, and the dataset inside a method of the
Runner. Therefore both are found by walking up Python's call stack.
"""

import sys
from typing import cast

from mmengine.dataset import BaseDataset
from mmengine.runner import Runner


def building_dataset() -> BaseDataset | None:
    """The dataset whose construction contains this call, or None."""
    for owner in _owners_of_callers():
        if isinstance(getattr(owner, '_metainfo', None), dict):  # BaseDataset or similar
            return cast(BaseDataset, owner)
    return None


def building_runner() -> Runner | None:
    """The Runner whose construction of a data loader contains this call, or None."""
    return next((owner for owner in _owners_of_callers() if isinstance(owner, Runner)), None)


def _owners_of_callers() -> list[object]:
    """The ``self`` of each calling method, nearest first."""
    owners = []
    frame = sys._getframe(1)
    while frame is not None:
        owners.append(frame.f_locals.get('self'))
        frame = frame.f_back
    return owners
