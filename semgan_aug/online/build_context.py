"""Which dataset and which Runner a transform is being built in, found on the call stack.

SemGANTranslate has to know both: it compares its checkpoint's classes with the dataset's, and the
run's hook reports its counts or translates its frames. mmengine builds a transform from its config
entry alone and passes neither, and a transform has no later moment: worker processes get a copy of
the pipeline as it is. But a transform is built inside its dataset's ``__init__``, and that dataset
inside a method of the Runner. So the calling methods are asked for their ``self``.
"""

import sys
from typing import cast

from mmengine.dataset import BaseDataset
from mmengine.runner import Runner


def building_dataset() -> BaseDataset | None:
    """The dataset that is being built around this call, or None."""
    for owner in _owners_of_callers():
        if isinstance(getattr(owner, '_metainfo', None), dict):  # BaseDataset, or one like it
            return cast(BaseDataset, owner)
    return None


def building_runner() -> Runner | None:
    """The Runner that is building a data loader around this call, or None."""
    return next((owner for owner in _owners_of_callers() if isinstance(owner, Runner)), None)


def _owners_of_callers() -> list[object]:
    """The ``self`` of each calling method, nearest first."""
    owners = []
    frame = sys._getframe(1)
    while frame is not None:
        owners.append(frame.f_locals.get('self'))
        frame = frame.f_back
    return owners
