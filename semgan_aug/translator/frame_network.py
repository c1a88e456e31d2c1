"""The network from uint8 frames to uint8 frames: encoding, generator, decoding."""

import torch
from torch import Tensor, nn

from ..core.encoding import decode_ids, decode_image, encode_ids, encode_image, join
from ..models.class_colors import generate
from ..models.networks import Generator, PairGenerator, UNITAutoencoders

#: Least side in pixels; smaller sides are padded to it, because the networks' reflection padding
#: needs this many pixels.
LEAST = 8


class FrameNetwork(nn.Module):
    """Encodes frames, moves class colors, runs the generator and decodes its output.

    The data stay on one device, and no step waits for the device.

    Args:
        generator: the generator from source to target, of any method.
        num_classes: C.
    """

    def __init__(self, generator: Generator, num_classes: int) -> None:
        super().__init__()
        self.generator = generator
        self.num_classes = num_classes

    def forward(
        self, image: Tensor, ids: Tensor, style: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Translates frames of one size.

        Args:
            image: (N, 3, H, W) uint8, BGR; H and W can be any numbers, because the network pads the
                frames by reflection.
            ids: (N, H, W) uint8, class ids and 255; not checked.
            style: (N, C + 1, 2, 3), see :mod:`class_colors`; None leaves colors to the generator.

        Returns:
            Translated image and ids, of the same shapes and types. 255 stays 255. Methods that
            translate images alone return the ids unchanged.
        """
        h, w = ids.shape[1:]
        rows, columns = (reflection(side, self.padded(side), image.device) for side in (h, w))
        x = encode_image(image[:, :, rows][..., columns])
        ids = ids[:, rows][..., columns]
        if isinstance(self.generator, PairGenerator):
            pair = join(x, encode_ids(ids, self.num_classes))
            output, scores = generate(self.generator, pair, style)
            ids = decode_ids(scores, ids)
        elif isinstance(self.generator, UNITAutoencoders):
            output, _ = self.generator(x, 'source', 'target')
        else:
            output = self.generator(x)
        # By index, because torch.export cannot prove that a slice stays inside the padded frame.
        rows, columns = (torch.arange(side, device=image.device) for side in (h, w))
        return decode_image(output)[:, :, rows][..., columns], ids[:, rows][..., columns]

    def padded(self, side: int) -> int:
        """The padded length of a side: a multiple of ``generator.multiple``, at least 8."""
        # In this form torch.export can see that each side is a multiple. No number is negative,
        # because ONNX rounds divisions towards 0.
        multiple = self.generator.multiple
        least, own = ((pixels + multiple - 1) // multiple for pixels in (LEAST, side))
        return multiple * torch.sym_max(least, own)  # pyright: ignore[reportReturnType]


def reflection(side: int, padded: int, device: torch.device) -> Tensor:
    """Indices (padded,) that reflect a side at its far end without repeating the last pixel."""
    index = torch.arange(padded, device=device)
    period = torch.full_like(index, 2 * side - 2)
    index = index % period.clamp(min=1)
    return torch.minimum(index, period - index)
