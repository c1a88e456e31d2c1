"""Measures the class colors of both domains before the first iteration."""

from typing import cast

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ...core.encoding import encode_ids, encode_image, join
from ...core.errors import InputError
from ...datasets import UnpairedDataset
from ...models.class_colors import MIN_SHARE, measure_style
from ...models.semgan import SemGAN
from ..ddp import unwrap


@HOOKS.register_module(name=['ClassColorsHook', 'ClassColoursHook'])  # configs of version 0.1.0
class ClassColorsHook(Hook):
    """Fills the model's banks of class colors from whole frames, evenly spaced in each domain.

    The hook does nothing if the model has no ``class_colors``. A resumed training keeps the banks
    of its checkpoint. If a training starts from other weights (``load_from``), their banks are
    emptied first, because they hold the colors of other frames.

    Raises:
        InputError: before training: the dataset is not an :class:`UnpairedDataset`, or as in its
            ``whole_frames``.

    Example:
        >>> hook = HOOKS.build(dict(type='ClassColorsHook'))
    """

    def before_train(self, runner: Runner) -> None:
        model = unwrap(runner.model)
        if not isinstance(model, SemGAN):
            return
        if model.colors_S is None or model.colors_T is None or model.draws is None:
            return
        if runner._resume and model.colors_T.count > 0:
            return
        dataset = runner.train_dataloader.dataset
        if not isinstance(dataset, UnpairedDataset):
            raise InputError(
                f'class_colors needs an UnpairedDataset, but train_dataloader.dataset is a '
                f'{type(dataset).__name__}; put wrappers around its source or target instead'
            )
        model.draws.count.zero_()
        for domain, bank in (('source', model.colors_S), ('target', model.colors_T)):
            bank.clear()
            styles = cast(torch.Tensor, bank.styles)
            for image, ids in dataset.whole_frames(domain, len(styles)):
                pair = join(
                    encode_image(torch.from_numpy(image.copy()).permute(2, 0, 1)[None]),
                    encode_ids(torch.from_numpy(ids)[None], model.num_classes),
                )
                bank.add(measure_style(pair, MIN_SHARE).to(styles.device))
