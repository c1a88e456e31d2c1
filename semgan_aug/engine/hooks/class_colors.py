"""Measures the class colors of both domains' frames before the first iteration."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ...core.encoding import encode_ids, encode_image, join
from ...core.errors import InputError
from ...datasets import UnpairedDataset
from ...models.class_colors import MIN_SHARE, measure_style
from ..ddp import unwrap


@HOOKS.register_module(name=['ClassColorsHook', 'ClassColoursHook'])  # the older configs'
class ClassColorsHook(Hook):
    """Fills the banks of a model that has some, from whole frames, evenly spread over each domain.

    A resumed training has them from its checkpoint; weights that are loaded for another training
    (``load_from``) bring banks of other frames, which are emptied first.

    Raises:
        InputError: the data are no :class:`UnpairedDataset`, or as its ``whole_frames``.
    """

    def before_train(self, runner: Runner) -> None:
        model = unwrap(runner.model)
        if getattr(model, 'colors_T', None) is None:
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
            for image, ids in dataset.whole_frames(domain, len(bank.styles)):
                pair = join(
                    encode_image(torch.from_numpy(image.copy()).permute(2, 0, 1)[None]),
                    encode_ids(torch.from_numpy(ids)[None], model.num_classes),
                )
                bank.add(measure_style(pair, MIN_SHARE).to(bank.styles.device))
