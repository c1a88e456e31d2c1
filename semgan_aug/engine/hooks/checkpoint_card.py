"""Says in each checkpoint which translator it holds."""

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ...core.errors import InputError
from ...translator.checkpoint import CARD
from ..ddp import unwrap
from .plain_checkpoint import plain

#: Arguments of a generator that say how it is computed, not what it is.
HOW = ('amp_dtype', 'checkpointing')


@HOOKS.register_module()
class CheckpointCardHook(Hook):
    """Adds the translator's description, see :func:`checkpoint.read_card`, to each checkpoint.

    Raises:
        InputError: before training, if the model has other than as many classes as the data.
    """

    def before_train(self, runner: Runner) -> None:
        model = unwrap(runner.model)
        classes = runner.train_dataloader.dataset.metainfo['classes']
        if len(classes) != model.num_classes:
            raise InputError(
                f'the model has num_classes={model.num_classes}, but the data has {len(classes)} '
                f'classes ({", ".join(classes)}); set model.num_classes to {len(classes)}'
            )

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        model = unwrap(runner.model)
        meta = runner.train_dataloader.dataset.metainfo
        card = model.card()
        card['generator'] = {k: v for k, v in card['generator'].items() if k not in HOW}
        checkpoint[CARD] = dict(
            version=1,
            method=model.METHOD,
            direction='source2target',
            classes=list(meta['classes']),
            palette=[list(color) for color in meta['palette']],
            ema=model.ema is not None,
            **plain(card),
        )
