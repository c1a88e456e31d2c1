"""Encoding: pixels and class maps to network tensors, and back.

Conventions used everywhere in the package:

- image: BGR as mmcv reads it; uint8 outside the networks, float in [-1, 1] inside.
- ids: class map, uint8, ``0 ... C - 1``, and 255 = ignore.
- class channels: (N, C, H, W) in [-1, 1]; +1 for the pixel's class and -1 elsewhere (paper,
  section 4: one-hot maps "normalized and zero-centered"). An ignored pixel is -1 in all channels.
- pair: image and class channels concatenated, (N, 3 + C, H, W); the input of SemGAN's generators
  and discriminators.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .classes import IGNORE
from .errors import InputError

#: Forms in which a discriminator sees a generated class map, see :func:`encode_generated`.
CLASS_MAP_MODES = ('straight_through', 'gumbel', 'argmax', 'soft')


def encode_image(image: Tensor) -> Tensor:
    """Converts uint8 pixels (..., H, W) in 0 ... 255 to float32 in [-1, 1].

    Example:
        >>> encode_image(torch.tensor([0, 51, 255], dtype=torch.uint8)).tolist()
        [-1.0, -0.6000000238418579, 1.0]
    """
    return image.float() / 127.5 - 1


def decode_image(image: Tensor) -> Tensor:
    """Converts float pixels in [-1, 1] to uint8; the inverse of :func:`encode_image`."""
    return ((image.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def encode_ids(ids: Tensor, num_classes: int) -> Tensor:
    """Converts ids to class channels.

    Args:
        ids: (N, H, W) integer, 0 ... C - 1 and 255. They are not checked, because a check would
            wait for the device; see :func:`check_ids`.
        num_classes: C.

    Returns:
        (N, C, H, W) float32 in {-1, +1}; all channels -1 where ids is 255.

    Example:
        >>> encode_ids(torch.tensor([[[1, 255]]]), num_classes=2).tolist()
        [[[[-1.0, -1.0]], [[1.0, -1.0]]]]
    """
    classes = torch.arange(num_classes, device=ids.device).view(1, -1, 1, 1)
    return (ids.long().unsqueeze(1) == classes).float() * 2 - 1


def encode_generated(logits: Tensor, ids: Tensor, mode: str) -> Tensor:
    """Converts a generator's class scores to class channels for the next network.

    Real class maps are hard (one-hot). A discriminator could recognize soft maps by their softness
    alone. Therefore it sees hard maps. The paper does not say how they are made; the modes are
    [ours]:

    - ``straight_through``: argmax in the forward pass, the gradient of softmax in the backward
      pass.
    - ``gumbel``: a sampled argmax, with the gradient of the Gumbel softmax.
    - ``argmax``: hard and without gradient. The discriminator then changes the image to fit the
      class map, never the class map.
    - ``soft``: probabilities, as the cycle uses them.

    A pixel that is ignored in the input is ignored in the output. Otherwise only real maps would
    have pixels with -1 in all channels.

    Args:
        logits: (N, C, H, W) class scores.
        ids: (N, H, W) ids of the input; they only tell which pixels are ignored (255).
        mode: one of :data:`CLASS_MAP_MODES`.

    Returns:
        (N, C, H, W) float32 in [-1, 1].

    Raises:
        InputError: the mode is unknown.
    """
    if mode not in CLASS_MAP_MODES:
        raise InputError(f'class map mode {mode!r} is unknown; use one of {CLASS_MAP_MODES}')
    channels = F.gumbel_softmax(logits, dim=1) if mode == 'gumbel' else logits.softmax(1)
    if mode != 'soft':
        hard = torch.zeros_like(channels).scatter_(1, channels.argmax(1, keepdim=True), 1.0)
        # `hard + (c - c.detach())` is bitwise equal to `hard`. `(hard - c.detach()) + c` would
        # leave rounding errors, which a discriminator could detect.
        channels = hard if mode == 'argmax' else hard + (channels - channels.detach())
    return (channels * 2 - 1).masked_fill((ids == IGNORE).unsqueeze(1), -1.0)


def decode_ids(scores: Tensor, ids: Tensor) -> Tensor:
    """Converts class scores (N, C, H, W) to ids (N, H, W) uint8; 255 where ``ids`` is 255."""
    return scores.argmax(1).to(torch.uint8).masked_fill_(ids == IGNORE, IGNORE)


def hide_unlabeled(pair: Tensor, ids: Tensor) -> Tensor:
    """Sets the class channels of a pair (N, 3 + C, H, W) to -1 where ``ids`` (N, H, W) is 255.

    Discriminators see no class map at pixels that are unlabeled in the frame of either domain. The
    domains leave different things unlabeled, and pseudo labels leave many pixels unlabeled.
    """
    hidden = (ids == IGNORE).unsqueeze(1)
    return join(pair[:, :3], pair[:, 3:].masked_fill(hidden, -1.0))


def join(image: Tensor, channels: Tensor) -> Tensor:
    """Joins an image (N, 3, H, W) and class channels (N, C, H, W) to a pair (N, 3 + C, H, W)."""
    return torch.cat([image, channels], 1)


def check_ids(ids: Any, num_classes: int, where: str) -> None:
    """Checks that every id of a class map is a class or 255.

    Args:
        ids: integers, a NumPy array or a tensor of any shape.
        num_classes: C.
        where: name of the class map in the message, e.g. its file.

    Raises:
        InputError: an id is neither in 0 ... C - 1 nor 255.
    """
    wrong = ids[((ids < 0) | (ids >= num_classes)) & (ids != IGNORE)]
    if len(wrong):
        found = sorted({int(i) for i in wrong.reshape(-1)})
        raise InputError(
            f'{where} holds the ids {found}, but only 0 ... {num_classes - 1} and {IGNORE} '
            '(ignore) are allowed; map the raw ids to train ids first (GTA5Dataset and '
            'CityscapesIdsDataset do)'
        )


def check_pair(image: np.ndarray, ids: np.ndarray, where: str) -> None:
    """Checks that an image and a class map fit each other.

    Args:
        image: BGR image, uint8 (H, W, 3).
        ids: class map, uint8 (H, W).
        where: name of the sample in the message, e.g. its two files.

    Raises:
        InputError: a type or shape is not the one named above, there are no pixels, or the sizes
            differ.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InputError(
            f'the image of {where} is {image.dtype} {image.shape}, but BGR uint8 (H, W, 3) is '
            "needed; read it with LoadImageFromFile(color_type='color', to_float32=False)"
        )
    if ids.ndim != 2 or ids.dtype != np.uint8:
        raise InputError(
            f'the class map of {where} is {ids.dtype} {ids.shape}, but uint8 (H, W) is needed; '
            'read it with LoadAnnotations'
        )
    if ids.size == 0:
        raise InputError(f'{where} has no pixels ({ids.shape[1]} x {ids.shape[0]}); leave it out')
    if image.shape[:2] != ids.shape:
        raise InputError(
            f'{where}: the image is {image.shape[1]} x {image.shape[0]} and the class map '
            f'{ids.shape[1]} x {ids.shape[0]} pixels, but they must be of the same size; leave '
            "the pair out (for GTA5: bad_pairs='skip')"
        )
