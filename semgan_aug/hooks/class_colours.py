"""Measures the class colours of both domains' frames before the first iteration."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ..class_colours import MIN_SHARE, measure_style
from ..encoding import encode_ids, encode_image, join
from ..models.wrapper import unwrap


@HOOKS.register_module()
class ClassColoursHook(Hook):
    """Fills the banks of a model that has some, from whole frames, evenly spread over each domain.

    Nothing happens on resume: the banks are in the checkpoint.
    """

    def before_train(self, runner: Runner) -> None:
        model = unwrap(runner.model)
        banks = dict(
            source=getattr(model, 'colours_S', None), target=getattr(model, 'colours_T', None)
        )
        for domain, bank in banks.items():
            if bank is None or bank.count > 0:
                continue
            for image, ids in runner.train_dataloader.dataset.whole_frames(
                domain, len(bank.styles)
            ):
                pair = join(
                    encode_image(torch.from_numpy(image.copy()).permute(2, 0, 1)[None]),
                    encode_ids(torch.from_numpy(ids)[None], model.num_classes),
                )
                bank.add(measure_style(pair, MIN_SHARE).to(bank.styles.device))
