"""Checkpoints that are plain data."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer
from mmengine.runner import Runner
from mmseg.registry import HOOKS


@HOOKS.register_module()
class PlainCheckpointHook(Hook):
    """Takes pickled objects out of checkpoints, for any model.

    mmengine stores its message hub and parts of some schedulers as Python objects, which only an
    unsafe load can read back. The hub is written as lists of numbers here and made objects again
    on resume; what a scheduler constructs anyway is left out. The checkpoint then loads with
    ``torch.load(weights_only=True)`` everywhere.
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
            # OneCycleLR keeps the function that it computes with; construction makes it again.
            for key in [key for key, value in state.items() if callable(value)]:
                del state[key]

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        scalars = checkpoint.get('message_hub', {}).get('log_scalars', {})
        for name, values in scalars.items():
            if isinstance(values, list):
                scalars[name] = HistoryBuffer(*values)


def plain(value: Any) -> Any:
    """The value with numbers, strings and containers only; anything else as its ``str``."""
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        # Tuples stay: mmengine compares a dataset's classes with the saved ones when it resumes.
        return (tuple if isinstance(value, tuple) else list)(plain(v) for v in value)
    if value is None or isinstance(value, (bool, int, float, str)):
        # Subclasses (NumPy's float64, enums) are classes of their own to a pickle.
        for kind in (bool, int, float, str):
            if isinstance(value, kind):
                return kind(value)
        return None
    if hasattr(value, 'tolist'):
        return value.tolist()
    return str(value)
