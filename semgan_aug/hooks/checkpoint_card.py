"""Writes checkpoints that are plain data and say which translator they hold."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ..checkpoint import CARD


@HOOKS.register_module()
class CheckpointCardHook(Hook):
    """Adds the translator's description to each checkpoint and takes pickled objects out of it.

    mmengine stores its message hub as Python objects, which only an unsafe load can read back.
    They are written as lists of numbers here and made objects again on resume, so a checkpoint
    of ours loads with ``torch.load(weights_only=True)`` everywhere.
    """

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        meta = runner.train_dataloader.dataset.metainfo
        checkpoint[CARD] = dict(
            version=1,
            method='SemGAN',
            direction='source2target',
            classes=list(meta['classes']),
            palette=[list(colour) for colour in meta['palette']],
            generator=_plain(model.generator_cfg),
        )
        hub = checkpoint['message_hub']
        hub['log_scalars'] = {
            name: [buffer.data[0].tolist(), buffer.data[1].tolist()]
            for name, buffer in hub['log_scalars'].items()
        }
        for key in ('runtime_info', 'resumed_keys'):
            hub[key] = _plain(hub[key])
        checkpoint['meta'] = _plain(checkpoint['meta'])

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        scalars = checkpoint.get('message_hub', {}).get('log_scalars', {})
        for name, lists in scalars.items():
            if isinstance(lists, list):
                scalars[name] = HistoryBuffer(*lists)


def _plain(value: Any) -> Any:
    """The value with numbers, strings and containers only; anything else as its ``str``."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        # Subclasses (NumPy's float64, enums) are classes of their own to a pickle.
        for kind in (bool, int, float, str):
            if isinstance(value, kind):
                return kind(value)
        return None
    if hasattr(value, 'item'):
        return value.item()
    return str(value)
