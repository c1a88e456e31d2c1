"""Draws pictures of the same pairs during a training."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmengine.dataset import pseudo_collate
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from torch import Tensor

from ...core.checks import require_whole
from ...core.drawing import color_ids, grid
from ...core.encoding import decode_image
from ..ddp import unwrap

CAPTIONS = ['input', 'class map', 'translation', 'its class map', 'there and back']


@HOOKS.register_module()
class PicturesHook(Hook):
    """Draws input, translation, their class maps and the cycle's image, in both directions.

    The pairs are drawn once, with a seed of their own. So all pictures show the same pairs, and the
    hook does not change the random numbers of the training. Pictures are written to
    ``{work_dir}/pictures/iter_001000.png`` etc. and passed to the runner's visualizers
    (TensorBoard, W&B).

    Args:
        interval: iterations between pictures, at least 1; another picture is drawn at the end.
        num_pairs: pairs per picture, at least 1.
        seed: seed of the choice of pairs.

    Raises:
        InputError: ``interval`` or ``num_pairs`` is not a whole number from 1.

    Example:
        >>> hook = HOOKS.build(dict(type='PicturesHook', interval=500, num_pairs=2))
    """

    priority = 'LOW'

    def __init__(self, interval: int = 1000, num_pairs: int = 3, seed: int = 0) -> None:
        for name, value in dict(interval=interval, num_pairs=num_pairs).items():
            require_whole('PicturesHook', name, value, 1)
        self.interval = interval
        self.num_pairs = num_pairs
        self.seed = seed
        self._pairs: Any = None

    @master_only
    def before_train(self, runner: Runner) -> None:
        dataset: Any = runner.train_dataloader.dataset
        state = np.random.get_state()
        np.random.seed(self.seed)
        chosen = np.random.permutation(len(dataset))[: self.num_pairs]
        self._pairs = pseudo_collate([dataset[int(i)] for i in chosen])
        np.random.set_state(state)

    @master_only
    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        if self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner):
            self.draw(runner, runner.iter + 1)

    def draw(self, runner: Runner, iteration: int) -> None:
        """Writes one picture; its rows are first the source frames, then the target frames."""
        model = unwrap(runner.model)
        dataset: Any = runner.train_dataloader.dataset
        palette = dataset.metainfo['palette']
        model.eval()  # no noise is drawn, so the training's random numbers stay the same
        parts = model(**self._pairs, mode='predict')
        model.train()
        rows = []
        for part in parts.values():
            own = part['input']
            ids = part['ids'].cpu().numpy()
            images = [_frames(part[k]) for k in ('image', 'cycle_image')]
            for i, frame in enumerate(_frames(own.image)):
                before = color_ids(own.ids[i].cpu().numpy(), palette)
                after = color_ids(ids[i], palette)
                rows.append([frame, before, images[0][i], after, images[1][i]])
        picture = grid(rows, CAPTIONS)
        folder = Path(runner.work_dir) / 'pictures'
        folder.mkdir(exist_ok=True)
        path = folder / f'iter_{iteration:06d}.png'
        if not cv2.imwrite(str(path), picture):
            runner.logger.warning(f'{path} could not be written; is the disk full?')
        runner.visualizer.add_image('pairs', picture[..., ::-1].copy(), iteration)


def _frames(images: Tensor) -> np.ndarray:
    """Converts images (N, 3, H, W) in [-1, 1] to BGR uint8 (N, H, W, 3)."""
    return decode_image(images).permute(0, 2, 3, 1).cpu().numpy()
