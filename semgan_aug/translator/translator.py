"""The translator: the generator of a checkpoint as a function on frames.

Every use of a trained SemGAN goes through it.
"""

import hashlib
import json
import textwrap
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..core.encoding import check_ids, check_pair
from ..core.errors import InputError
from ..models.class_colors import ClassColorBank
from ..models.networks import Generator
from .card import Card
from .checkpoint import read_translator
from .frame_network import FrameNetwork
from .strips import MAX_WHOLE_PIXELS, translate_in_strips


class Translator:
    """Translates frames and their class maps with one generator.

    Args:
        generator: a generator of a method in :data:`card.METHODS`; it is set to evaluation mode.
        classes: class names in id order.
        palette: one RGB color per class.
        direction: 'source2target'.
        colors: class colors of target frames, if the generator was trained with class colors.
        digest: :func:`content_digest` of the translator; translators with different results have
            different digests.

    Example:
        >>> from semgan_aug import load_translator
        >>> translator = load_translator('translator.safetensors')
        >>> image = np.full((48, 64, 3), 90, np.uint8)
        >>> ids = np.zeros((48, 64), np.uint8)
        >>> new_image, new_ids = translator.translate(image, ids, style=3)
        >>> new_image.shape, new_ids.shape
        ((48, 64, 3), (48, 64))
    """

    def __init__(
        self,
        generator: Generator,
        classes: list[str],
        palette: list,
        direction: str,
        colors: ClassColorBank | None = None,
        digest: bytes = b'',
    ) -> None:
        self.digest = digest
        self.network = FrameNetwork(generator, len(classes)).eval()
        self.colors = colors
        self.compiled = False
        self.classes = classes
        self.palette = palette
        self.direction = direction

    @property
    def generator(self) -> Generator:
        """The generator from source to target."""
        return self.network.generator

    @property
    def dtype(self) -> torch.dtype:
        """Dtype of the layers; heads, statistics of norms and class colors are float32."""
        return self.generator.amp_dtype or torch.float32

    @property
    def device(self) -> torch.device:
        """The device on which frames are translated."""
        return next(self.generator.parameters()).device

    def translate(
        self, image: np.ndarray, ids: np.ndarray, where: str = 'the pair', style: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Translates a frame of any size.

        A frame of at most :data:`strips.MAX_WHOLE_PIXELS` pixels takes one forward pass. A larger
        frame is translated strip by strip in bounded memory, with the same result within rounding.
        Methods that translate images alone return the class map unchanged.

        Args:
            image: BGR uint8 (H, W, 3).
            ids: uint8 (H, W), class ids and 255.
            where: name of the sample in error messages.
            style: a whole number that chooses the target frame whose class colors are used, if
                the generator was trained with class colors. The same number gives the same result.

        Returns:
            The translated image and class map, of the same shapes and types; 255 stays 255.

        Raises:
            InputError: type, shape or ids are wrong, see :func:`encoding.check_pair` and
                :func:`encoding.check_ids`.
        """
        check_pair(image, ids, where)
        check_ids(ids, len(self.classes), f'the class map of {where}')
        pixels = torch.from_numpy(image.copy()).permute(2, 0, 1)[None]
        labels = torch.from_numpy(ids.copy())[None]
        output, labels = self.translate_batch(pixels, labels, [style])
        output = output[0].permute(1, 2, 0).cpu().numpy()
        return np.ascontiguousarray(output), labels[0].cpu().numpy().copy()

    @torch.no_grad()  # not inference_mode, because a training may use the result
    def translate_batch(
        self, images: Tensor, ids: Tensor, styles: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        """Translates several frames of one size, see :meth:`translate`.

        Args:
            images: BGR uint8 (N, 3, H, W).
            ids: uint8 (N, H, W), class ids and 255; not checked, see :func:`encoding.check_ids`.
            styles: N whole numbers, as in :meth:`translate`.

        Returns:
            Images and ids of the same shapes and types, on the translator's device. The method
            does not wait for the device, unless it translates in strips.
        """
        colors = self.draw_colors(styles)
        whole = ids[0].numel() <= MAX_WHOLE_PIXELS
        if whole and not self.compiled:
            return self.network(images.to(self.device), ids.to(self.device), colors)
        # One by one, because a generator is compiled for single frames.
        network, place = self.network, self.device
        if not whole:
            network, place = partial(translate_in_strips, self.network), torch.device('cpu')
        each = [None] * len(ids) if colors is None else colors[:, None]
        made = [
            network(image[None].to(place), one[None].to(place), style)
            for image, one, style in zip(images, ids, each)
        ]
        new_images, new_ids = (torch.cat(parts).to(self.device) for parts in zip(*made))
        return new_images, new_ids

    def compile(self) -> None:
        """Compiles the generator (``torch.compile``), once for each of up to eight frame sizes.

        On a CPU, the first frame of each size takes about a minute. Frames of further sizes and
        frames that are translated in strips do not use the compiled generator.

        Raises:
            InputError: torch finds no compiler that it can use.
        """
        try:
            torch.compile(torch.neg)(torch.zeros(1, device=self.device))
        except (RuntimeError, OSError) as error:  # from torch's backends
            reason = textwrap.shorten(str(error), 160, placeholder=' ...')
            raise InputError(
                f'torch.compile does not work here ({reason}); install a compiler that torch can '
                'use, or translate without compiling'
            ) from None
        self.generator.compile(dynamic=False)
        self.compiled = True

    def draw_colors(self, styles: Sequence[int]) -> Tensor | None:
        """The class colors (N, C + 1, 2, 3) of N styles; None if there are no class colors."""
        if self.colors is None:
            return None
        colors = torch.stack([self.colors.draw(style) for style in styles])
        return colors.to(self.device, non_blocking=True)


def load_translator(path: str | Path, device: str = 'cpu', compile: bool = False) -> Translator:
    """Builds the source-to-target translator of a checkpoint.

    The file itself tells architecture, classes, palette and direction. No code from the file is
    run. Take only ``.safetensors`` files from unknown persons, see :mod:`.checkpoint`.

    Args:
        path: path of a training checkpoint or of a ``.safetensors`` file that :mod:`.export` wrote,
            or a URI for mmengine's file backends, e.g. ``https://...``.
        device: 'cpu', or 'cuda' with or without a number.
        compile: see :meth:`Translator.compile`.

    Raises:
        CheckpointError: as in :func:`checkpoint.read_translator`.
        InputError: the device does not exist, or there is no compiler.

    Example:
        >>> from semgan_aug import load_translator
        >>> translator = load_translator('translator.safetensors')
        >>> translator.classes[0], translator.direction
        ('road', 'source2target')
    """
    if str(device).startswith('cuda') and not torch.cuda.is_available():
        raise InputError(f'device is {device!r}, but no CUDA device is here; use the CPU')
    card, parts = read_translator(path)
    generator = card.empty_generator()
    generator.load_state_dict(parts['generator'], assign=True)
    colors = None
    if 'colors' in parts:
        colors = ClassColorBank(len(card.classes), len(parts['colors']['styles']))
        colors.load_state_dict(parts['colors'])
    translator = Translator(
        _placed(generator, torch.device(device)),
        card.classes,
        card.palette,
        card.direction,
        colors,
        digest=content_digest(card, generator, colors),
    )
    if compile:
        translator.compile()
    return translator


def _placed(generator: Generator, device: torch.device) -> Generator:
    """Moves a generator to a device, in the precision and memory format of its matrix units.

    On a GPU these are half precision (heads and statistics stay in float32) and channels_last.
    """
    if device.type == 'cuda':
        half = torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float16
        generator.amp_dtype = generator.amp_dtype or half
        generator = generator.to(memory_format=torch.channels_last)
    return generator.to(device)


def content_digest(card: Card, *modules: nn.Module | None) -> bytes:
    """SHA-256 of everything that determines the result of a translator.

    The digest covers method, direction, classes and the generator's arguments in the card, and the
    weights of the modules. It names the cache folder of the translator, so it must not change.
    """
    fields = ('method', 'direction', 'classes', 'generator')
    what = {name: getattr(card, name) for name in fields}
    digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode())
    for module in modules:
        for name, value in () if module is None else module.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().data)
    return digest.digest()
