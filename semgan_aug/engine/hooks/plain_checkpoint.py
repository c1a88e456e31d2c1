"""Checkpoints that hold only plain data."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer
from mmengine.runner import Runner
from mmseg.registry import HOOKS


@HOOKS.register_module()
class PlainCheckpointHook(Hook):
    """Replaces the Python objects in checkpoints by plain data, for any model.

    mmengine stores its message hub and parts of some schedulers as Python objects, which only an
    unsafe load can read. This hook stores the hub as lists of numbers and restores its objects on
    resume. It leaves out the functions of schedulers, because their constructors set them again.
    Such a checkpoint can be loaded with ``torch.load(weights_only=True)``.

    Example:
        >>> hook = HOOKS.build(dict(type='PlainCheckpointHook'))
    """

    priority = 'LOWEST'

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        hub = checkpoint['message_hub']
        hub['log_scalars'] = {
            name: [values.tolist() for values in buffer.data]
            for name, buffer in hub['log_scalars'].items()
        }
        for key in ('runtime_info', 'resumed_keys'):
            hub[key] = plain(hub[key])
        checkpoint['meta'] = plain(checkpoint['meta'])
        schedulers = checkpoint.get('param_schedulers', [])
        per_optimizer = schedulers.values() if isinstance(schedulers, dict) else [schedulers]
        for state in (state for states in per_optimizer for state in states):
            # OneCycleLR holds its annealing function; its constructor sets it again.
            for key in [key for key, value in state.items() if callable(value)]:
                del state[key]

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        scalars = checkpoint.get('message_hub', {}).get('log_scalars', {})
        for name, values in scalars.items():
            if isinstance(values, list):
                scalars[name] = HistoryBuffer(*values)


def plain(value: Any) -> Any:
    """Converts a value to numbers, strings and containers; any other object becomes its ``str``.

    Example:
        >>> import numpy as np
        >>> plain(dict(a=np.float64(0.5), b=(np.arange(2), None)))
        {'a': 0.5, 'b': ([0, 1], None)}
    """
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        # Tuples stay tuples: a resume compares the dataset's classes with the saved ones.
        return (tuple if isinstance(value, tuple) else list)(plain(v) for v in value)
    if value is None or isinstance(value, (bool, int, float, str)):
        # A pickle stores subclasses (NumPy's float64, enums) as objects of their own class.
        for kind in (bool, int, float, str):
            if isinstance(value, kind):
                return kind(value)
        return None
    if hasattr(value, 'tolist'):
        return value.tolist()
    return str(value)
