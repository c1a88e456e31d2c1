"""Who is building a transform: mmseg tells it nothing, so the call stack is asked.

A transform is built inside its dataset's ``__init__``, and that, from a config, inside a Runner.
"""

import sys
from collections.abc import Callable

from mmengine.runner import Runner


def building_dataset() -> object | None:
    """The dataset that is being built around this call, or None."""
    return _nearest(lambda owner: isinstance(getattr(owner, '_metainfo', None), dict))


def building_runner() -> Runner | None:
    """The Runner that is building its data loader around this call, or None."""
    return _nearest(lambda owner: isinstance(owner, Runner))


def _nearest(wanted: Callable[[object], bool]) -> object | None:
    """The owner of the nearest calling method that is wanted."""
    frame = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get('self')
        if owner is not None and wanted(owner):
            return owner
        frame = frame.f_back
    return None
