"""Saves the card of the translator in each checkpoint."""

from collections.abc import Mapping
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ...core.errors import InputError
from ...models.base import UnpairedTranslation
from ...translator.card import Card
from ...translator.checkpoint import CARD
from ..ddp import unwrap
from .plain_checkpoint import plain

#: Arguments that change how a generator is computed, but not its result.
HOW = ('amp_dtype', 'checkpointing')


def card_of(model: UnpairedTranslation, metainfo: Mapping[str, Any]) -> Card:
    """The card of a model's translator from source to target.

    Args:
        model: the model in training.
        metainfo: metainfo of its dataset, with ``classes`` and ``palette``.

    Raises:
        InputError: a class name, a color or an argument of the generator is not allowed.
    """
    generator = plain(dict(model.generator_cfg))
    return Card(
        method=model.METHOD,
        classes=list(metainfo['classes']),
        palette=plain([list(color) for color in metainfo['palette']]),
        generator={name: value for name, value in generator.items() if name not in HOW},
        ema=model.ema is not None,
        class_colors=getattr(model, 'colors_T', None) is not None,
    )


@HOOKS.register_module()
class CheckpointCardHook(Hook):
    """Saves the card of the translator, see :class:`Card`, in each checkpoint.

    Raises:
        InputError: before training: model and data have different numbers of classes, or as in
            :func:`card_of`.

    Example:
        >>> from mmseg.registry import HOOKS
        >>> hook = HOOKS.build(dict(type='CheckpointCardHook'))
    """

    def before_train(self, runner: Runner) -> None:
        model, metainfo = _model(runner), _metainfo(runner)
        classes = metainfo['classes']
        if len(classes) != model.num_classes:
            raise InputError(
                f'the model has num_classes={model.num_classes}, but the data has {len(classes)} '
                f'classes ({", ".join(classes)}); set model.num_classes to {len(classes)}'
            )
        card_of(model, metainfo)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        checkpoint[CARD] = card_of(_model(runner), _metainfo(runner)).to_dict()


def _model(runner: Runner) -> UnpairedTranslation:
    model: Any = unwrap(runner.model)
    return model


def _metainfo(runner: Runner) -> Mapping[str, Any]:
    dataset: Any = runner.train_dataloader.dataset
    return dataset.metainfo
