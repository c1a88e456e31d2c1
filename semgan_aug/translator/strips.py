"""Translates a frame of any size in bounded memory, strip by strip.

Within rounding, the result equals that of one pass over the whole frame, for two reasons:

- Norms and class colors use the statistics of the whole frame, added up over its strips
  (:mod:`.strip_network`). With separate statistics, neighboring tiles would differ in color.
- A layer computes the rows of a strip from all rows that they depend on (:mod:`.feature_maps`).
"""

import torch
from torch import Tensor

from ..core.encoding import decode_ids, decode_image
from ..models.networks import PairGenerator
from .feature_maps import EncodedFrame
from .frame_network import FrameNetwork
from .strip_network import StripNetwork

#: Larger frames are translated in strips. Frames of GTA5 (1914 x 1052) and Cityscapes (2048 x 1024)
#: are smaller.
MAX_WHOLE_PIXELS = 4_000_000


@torch.inference_mode()
def translate_in_strips(
    network: FrameNetwork, image: Tensor, ids: Tensor, style: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The output of a :class:`FrameNetwork` in evaluation mode for one frame, in bounded memory.

    This takes about 1.6 times as long as one pass (base_channels=24, num_blocks=4, skip, on a CPU),
    because maps of full size are computed two to four times.

    Args:
        network: the network on any device; strips are computed on that device.
        image: (1, 3, H, W) uint8, BGR, in CPU memory.
        ids: (1, H, W) uint8, class ids and 255, in CPU memory; not checked.
        style: (1, C + 1, 2, 3), see :mod:`class_colors`; None leaves colors to the generator.

    Returns:
        The result of ``network(image, ids, style)`` up to the rounding of its sums: the same shapes
        and types, in CPU memory.
    """
    generator = network.generator
    like = next(generator.parameters())
    h, w = ids.shape[1:]
    size = network.padded(h), network.padded(w)
    runner = StripNetwork(*size)
    if isinstance(generator, PairGenerator):
        pair = EncodedFrame(image, ids, network.num_classes, size, like)
        output, scores = runner.generate(generator, pair, style)
    else:
        frame = EncodedFrame(image, None, 0, size, like)
        (output,), scores = runner.translate(generator, frame), None
    new_image, new_ids = image.clone(), ids.clone()
    for first, last in runner.strips(output):
        last = min(last, h)
        if first >= last:
            break
        rows = slice(first, last)
        new_image[:, :, rows] = decode_image(output.read(first, last)[..., :w])
        if scores is not None:
            own = ids[:, rows].to(like.device)
            new_ids[:, rows] = decode_ids(scores.read(first, last)[..., :w], own)
    return new_image, new_ids
