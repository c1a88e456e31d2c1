"""From a checkpoint to a function on frames: what every use of a trained SemGAN goes through."""

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
from .card import empty_generator
from .checkpoint import read_translator
from .frame_network import FrameNetwork
from .strips import MAX_WHOLE_PIXELS, translate_in_strips


class Translator:
    """Translates frames and their class maps with one generator.

    Args:
        generator: of a method in :data:`card.METHODS`; it is put into evaluation mode.
        classes: class names in id order.
        palette: one RGB color per class.
        direction: 'source2target'.
        colors: class colors of target frames, for a generator trained with them.
        digest: of the checkpoint's content: what two translators that differ differ in.
    """

    def __init__(
        self,
        generator: nn.Module,
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
    def generator(self) -> nn.Module:
        return self.network.generator

    @property
    def dtype(self) -> torch.dtype:
        """What all but the heads, the norms' statistics and the colors is computed in."""
        return self.generator.amp_dtype or torch.float32

    @property
    def device(self) -> torch.device:
        return next(self.generator.parameters()).device

    def translate(
        self, image: np.ndarray, ids: np.ndarray, where: str = 'the pair', style: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Translates a frame of any size.

        In one forward pass, or, if it has more than :data:`bands.MAX_WHOLE_PIXELS`, in bands: the
        same result within rounding, in bounded memory. Methods that translate images alone leave
        the class map as it is.

        Args:
            image: BGR uint8 (H, W, 3).
            ids: uint8 (H, W), class ids and 255.
            where: how error messages name the sample.
            style: whole number that chooses the target frame whose class colors are used, if
                the generator was trained with them; the same number, the same result.

        Returns:
            The translated image and class map, of the same shapes and types; 255 stays 255.

        Raises:
            ValueError: wrong type, shape or ids, see :func:`encoding.check_pair` and
                :func:`encoding.check_ids`.
        """
        check_pair(image, ids, where)
        check_ids(ids, len(self.classes), f'the class map of {where}')
        pixels = torch.from_numpy(image.copy()).permute(2, 0, 1)[None]
        labels = torch.from_numpy(ids.copy())[None]
        output, labels = self.translate_batch(pixels, labels, [style])
        output = output[0].permute(1, 2, 0).cpu().numpy()
        return np.ascontiguousarray(output), labels[0].cpu().numpy().copy()

    @torch.no_grad()  # what comes out may go into a training
    def translate_batch(
        self, images: Tensor, ids: Tensor, styles: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        """Several frames of one size at once, in bands if they are large, see :meth:`translate`.

        Args:
            images: BGR uint8 (N, 3, H, W).
            ids: uint8 (N, H, W), class ids and 255; not checked, see :func:`encoding.check_ids`.
            styles: N whole numbers, as in :meth:`translate`.

        Returns:
            Images and ids of the same shapes and types, on the translator's device; nothing waits
            for it, unless frames come in bands.
        """
        colors = self.draw_colors(styles)
        whole = ids[0].numel() <= MAX_WHOLE_PIXELS
        if whole and not self.compiled:
            return self.network(images.to(self.device), ids.to(self.device), colors)
        # One by one: what is compiled then fits any number of frames.
        network, place = self.network, self.device
        if not whole:
            network, place = partial(translate_in_strips, self.network), 'cpu'
        each = [None] * len(ids) if colors is None else colors[:, None]
        made = [
            network(image[None].to(place), one[None].to(place), style)
            for image, one, style in zip(images, ids, each)
        ]
        return tuple(torch.cat(parts).to(self.device) for parts in zip(*made))

    def compile(self) -> None:
        """Compiles the generator (``torch.compile``), once for each of up to eight frame sizes.

        The first frame of a size waits for about a minute on a CPU. Frames of further sizes, and
        frames in bands, are translated without it.

        Raises:
            InputError: there is no compiler that torch can use.
        """
        try:
            torch.compile(torch.neg)(torch.zeros(1, device=self.device))
        except (RuntimeError, OSError) as error:  # what torch's backends raise
            reason = textwrap.shorten(str(error), 160, placeholder=' ...')
            raise InputError(
                f'torch.compile does not work here ({reason}); see to that, or translate without '
                'compiling'
            ) from None
        self.generator.compile(dynamic=False)
        self.compiled = True

    def draw_colors(self, styles: Sequence[int]) -> Tensor | None:
        """The class colors of styles, (N, C + 1, 2, 3), or None without a bank of them."""
        if self.colors is None:
            return None
        colors = torch.stack([self.colors.draw(style) for style in styles])
        return colors.to(self.device, non_blocking=True)


def load_translator(path: str | Path, device: str = 'cpu', compile: bool = False) -> Translator:
    """Builds the source-to-target translator of a checkpoint.

    Architecture, classes, palette and direction come from the file itself.

    Args:
        path: a training checkpoint, or a ``.safetensors`` file that :mod:`.export` wrote;
            also any URI that mmengine's file backends read, e.g. ``https://...``.
        device: of the translator.
        compile: see :meth:`Translator.compile`.

    Raises:
        CheckpointError: as :func:`checkpoint.read_translator`.
        InputError: there is no such device, or no compiler.
    """
    if str(device).startswith('cuda') and not torch.cuda.is_available():
        raise InputError(f'device is {device!r}, but no CUDA device is here; use the CPU')
    card, parts = read_translator(path)
    generator = empty_generator(card)
    generator.load_state_dict(parts['generator'], assign=True)
    colors = None
    if 'colors' in parts:
        colors = ClassColorBank(len(card['classes']), len(parts['colors']['styles']))
        colors.load_state_dict(parts['colors'])
    translator = Translator(
        _placed(generator, torch.device(device)),
        card['classes'],
        card['palette'],
        card['direction'],
        colors,
        digest=content_digest(card, generator, colors),
    )
    if compile:
        translator.compile()
    return translator


def _placed(generator: nn.Module, device: torch.device) -> nn.Module:
    """A generator in the precision and layout that a device's matrix units take.

    On a GPU half precision (heads and statistics stay in float32) and channels_last.
    """
    if device.type == 'cuda':
        half = torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float16
        generator.amp_dtype = generator.amp_dtype or half
        generator = generator.to(memory_format=torch.channels_last)
    return generator.to(device)


def content_digest(card: dict, *modules: nn.Module | None) -> bytes:
    """A hash of all that decides what a translator makes of a frame."""
    what = {key: card[key] for key in ('method', 'direction', 'classes', 'generator')}
    digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode())
    for module in modules:
        for name, value in () if module is None else module.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy())
    return digest.digest()
