"""From a checkpoint to a function on frames: what every use of a trained SemGAN goes through."""

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from .checkpoint import CheckpointError, read_translator
from .class_colours import ClassColourBank, generate
from .encoding import (
    check_ids,
    check_pair,
    decode_ids,
    decode_image,
    encode_ids,
    encode_image,
    join,
)
from .networks import ImageGenerator, PairGenerator, UNITAutoencoders

#: How the generator of each method is built from the number of classes and its own arguments.
BUILDERS = {
    'SemGAN': PairGenerator,
    'CycleGAN': lambda _, **cfg: ImageGenerator(**cfg),
    'SG-GAN': lambda _, **cfg: ImageGenerator(**cfg),
    'UNIT': lambda _, **cfg: UNITAutoencoders(**cfg),
}


class Translator:
    """Translates frames and their class maps with one generator.

    Args:
        generator: of a method in :data:`BUILDERS`; it is put into evaluation mode.
        classes: class names in id order.
        palette: one RGB colour per class.
        direction: 'source2target'.
        colours: class colours of target frames, for a generator trained with them.
        digest: of the checkpoint's content: what two translators that differ differ in.
    """

    def __init__(
        self,
        generator: nn.Module,
        classes: list[str],
        palette: list,
        direction: str,
        colours: ClassColourBank | None = None,
        digest: bytes = b'',
    ):
        self.digest = digest
        self.generator = generator.eval()
        self.colours = colours
        self.classes = classes
        self.palette = palette
        self.direction = direction

    @torch.inference_mode()
    def translate(
        self, image: np.ndarray, ids: np.ndarray, where: str = 'the pair', style: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """One forward pass on a frame of any size.

        Methods that translate images alone leave the class map as it is.

        Args:
            image: BGR uint8 (H, W, 3).
            ids: uint8 (H, W), class ids and 255.
            where: how error messages name the sample.
            style: whole number that chooses the target frame whose class colours are used, if
                the generator was trained with them; the same number, the same result.

        Returns:
            The translated image and class map, of the same shapes and types; 255 stays 255.

        Raises:
            ValueError: wrong type, shape or ids, see :func:`encoding.check_pair` and
                :func:`encoding.check_ids`.
        """
        check_pair(image, ids, where)
        check_ids(ids, len(self.classes), f'the class map of {where}')
        h, w = ids.shape
        # Reflection, as in the networks; cv2 repeats it where a frame is smaller than its border.
        m = self.generator.multiple
        bottom, right = (max(-side % m, 8 - side) for side in (h, w))
        border = (0, bottom, 0, right, cv2.BORDER_REFLECT_101)
        device = next(self.generator.parameters()).device
        pixels = torch.from_numpy(cv2.copyMakeBorder(image, *border)).to(device)
        labels = torch.from_numpy(cv2.copyMakeBorder(ids, *border)).to(device)[None]
        pair = join(
            encode_image(pixels.permute(2, 0, 1)[None]), encode_ids(labels, len(self.classes))
        )
        if isinstance(self.generator, PairGenerator):
            colours = None
            if self.colours is not None:
                colours = self.colours.draw(style)[None].to(device)
            output, scores = generate(self.generator, pair, colours)
            labels = decode_ids(scores, labels)
        elif isinstance(self.generator, UNITAutoencoders):
            output, _ = self.generator(pair[:, :3], 'source', 'target')
        else:
            output = self.generator(pair[:, :3])
        output = decode_image(output)[0, :, :h, :w].permute(1, 2, 0).cpu().numpy()
        return np.ascontiguousarray(output), labels[0, :h, :w].cpu().numpy().copy()


def load_translator(path: str | Path, device: str = 'cpu') -> Translator:
    """Builds the source-to-target translator of a checkpoint.

    Architecture, classes, palette and direction come from the file itself.

    Args:
        path: a training checkpoint, or a ``.safetensors`` file that :mod:`semgan_aug.export` wrote;
            also any URI that mmengine's file backends read, e.g. ``https://...``.
        device: of the translator.

    Raises:
        CheckpointError: as :func:`checkpoint.read_translator`, of another model, or with weights
            that do not fit its own description.
    """
    card, parts = read_translator(path)
    colours = None
    try:
        generator = BUILDERS[card['method']](len(card['classes']), **card['generator'])
        generator.load_state_dict(parts['generator'])
        if card.get('class_colours'):
            styles = parts['colours']
            colours = ClassColourBank(len(card['classes']), len(styles.get('styles', ())))
            colours.load_state_dict(styles)
        for part, state in parts.items():
            for name, value in state.items():
                if not value.isfinite().all():
                    raise RuntimeError(f'{part}.{name} is not finite')
    except (RuntimeError, TypeError, ValueError) as error:  # TypeError: an unknown argument
        first = str(error).splitlines()[-1].strip()
        raise CheckpointError(
            f'{path}: the weights do not fit the network described in it ({first}); train again'
        ) from None
    return Translator(
        generator.to(device),
        card['classes'],
        card['palette'],
        card['direction'],
        colours,
        digest=content_digest(card, generator, colours),
    )


def content_digest(card: dict, *modules: nn.Module | None) -> bytes:
    """A hash of all that decides what a translator makes of a frame."""
    what = {key: card[key] for key in ('method', 'direction', 'classes', 'generator')}
    digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode())
    for module in modules:
        for name, value in () if module is None else module.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy())
    return digest.digest()
