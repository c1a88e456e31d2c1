"""Encoding: pixels and class maps to network tensors, and back.

Conventions used everywhere in the package:

- image: BGR as mmcv reads it; uint8 outside the networks, float in [-1, 1] inside.
- ids: class map, uint8, ``0 ... C - 1``, and 255 = ignore.
- class channels: (N, C, H, W) in [-1, 1]; +1 for the pixel's class and -1 elsewhere (paper,
  section 4: one-hot maps "normalized and zero-centered"). An ignored pixel is -1 in all channels.
- pair: image and class channels concatenated, (N, 3 + C, H, W), what generators and
  discriminators see.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .classes import IGNORE
from .errors import InputError

#: How a generated class map looks to a discriminator, see :func:`encode_generated`.
CLASS_MAP_MODES = ('straight_through', 'gumbel', 'argmax', 'soft')


def encode_image(image: Tensor) -> Tensor:
    """uint8 pixels (..., H, W) in 0 ... 255 to float32 in [-1, 1].

    Example:
        >>> encode_image(torch.tensor([0, 51, 255], dtype=torch.uint8)).tolist()
        [-1.0, -0.6000000238418579, 1.0]
    """
    return image.float() / 127.5 - 1


def decode_image(image: Tensor) -> Tensor:
    """Float pixels in [-1, 1] to uint8, the inverse of :func:`encode_image`."""
    return ((image.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def encode_ids(ids: Tensor, num_classes: int) -> Tensor:
    """Ids to class channels.

    Args:
        ids: (N, H, W) integer, 0 ... C - 1 and 255. Not checked, because that would wait for the
            device: see :func:`check_ids`.
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
    """A generator's class scores to class channels for the next network.

    Real class maps are hard. A discriminator could tell soft maps from them without looking at
    anything else, so it is shown hard ones. The paper does not say how; the modes are [ours]:

    - ``straight_through``: argmax forward, the gradient of softmax backward.
    - ``gumbel``: a sampled argmax, the same gradient.
    - ``argmax``: hard and without gradient, so the discriminator changes the image to fit the
      class map, never the map.
    - ``soft``: probabilities, as the cycle sees them.

    A pixel that is ignored in the input is ignored in the output: otherwise -1 in all channels
    would occur in real maps only.

    Args:
        logits: (N, C, H, W) class scores.
        ids: (N, H, W) the input's ids, read only for where they are 255.
        mode: one of :data:`CLASS_MAP_MODES`.

    Returns:
        (N, C, H, W) float32 in [-1, 1].

    Raises:
        ValueError: the mode is unknown.
    """
    if mode not in CLASS_MAP_MODES:
        raise ValueError(f'class map mode {mode!r} is unknown; use one of {CLASS_MAP_MODES}')
    channels = F.gumbel_softmax(logits, dim=1) if mode == 'gumbel' else logits.softmax(1)
    if mode != 'soft':
        hard = torch.zeros_like(channels).scatter_(1, channels.argmax(1, keepdim=True), 1.0)
        # In this order the sum is exactly hard: rounding would tell it from a real map.
        channels = hard if mode == 'argmax' else hard + (channels - channels.detach())
    return (channels * 2 - 1).masked_fill((ids == IGNORE).unsqueeze(1), -1.0)


def decode_ids(scores: Tensor, ids: Tensor) -> Tensor:
    """Class scores (N, C, H, W) to ids (N, H, W) uint8; 255 where the input's ids were 255."""
    return scores.argmax(1).to(torch.uint8).masked_fill_(ids == IGNORE, IGNORE)


def hide_unlabeled(pair: Tensor, ids: Tensor) -> Tensor:
    """A pair (N, 3 + C, H, W) whose class channels are -1 where ``ids`` (N, H, W) is 255.

    Discriminators see no class map where the frame of either domain is unlabeled. Domains differ
    in what they leave unlabeled, and pseudo labels leave out much.
    """
    hidden = (ids == IGNORE).unsqueeze(1)
    return join(pair[:, :3], pair[:, 3:].masked_fill(hidden, -1.0))


def join(image: Tensor, channels: Tensor) -> Tensor:
    """Image (N, 3, H, W) and class channels (N, C, H, W) to a pair (N, 3 + C, H, W)."""
    return torch.cat([image, channels], 1)


def check_ids(ids: Any, num_classes: int, where: str) -> None:
    """Checks that every id of a class map is a class or 255.

    Args:
        ids: integers, a NumPy array or a tensor of any shape.
        num_classes: C.
        where: how to name the class map in the message, e.g. its file.

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
        where: how to name the sample in the message, e.g. its two files.

    Raises:
        InputError: a type or shape is another, there are no pixels, or the sizes differ.
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
