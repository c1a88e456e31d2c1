"""The network from uint8 frames to uint8 frames: encoding, generator, decoding."""

import torch
from torch import Tensor, nn

from ..core.encoding import decode_ids, decode_image, encode_ids, encode_image, join
from ..models.class_colors import generate
from ..models.networks import Generator, PairGenerator, UNITAutoencoders

#: Smaller sides are padded to this: the reflection padding of the networks needs so many pixels.
LEAST = 8


class FrameNetwork(nn.Module):
    """Encodes frames, moves class colors, runs the generator and decodes its output.

    The data stay on one device, and nothing waits for it.

    Args:
        generator: of any method, from source to target.
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
            image: (N, 3, H, W) uint8, BGR; any H and W, padded inside by reflection.
            ids: (N, H, W) uint8, class ids and 255; not checked.
            style: (N, C + 1, 2, 3), see :mod:`class_colors`; None leaves colors to the generator.

        Returns:
            The same shapes and types. 255 stays 255. Methods that translate images alone return
            the ids as they are.
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
        """The length of a side after padding: a multiple of the generator's, at least 8."""
        # Written so that torch.export sees a multiple for every side. No number is negative,
        # because ONNX rounds a division towards 0.
        multiple = self.generator.multiple
        least, own = ((pixels + multiple - 1) // multiple for pixels in (LEAST, side))
        return multiple * torch.sym_max(least, own)  # pyright: ignore[reportReturnType]


def reflection(side: int, padded: int, device: torch.device) -> Tensor:
    """Indices (padded,) that mirror a side at its far end without repeating the last pixel."""
    index = torch.arange(padded, device=device)
    period = torch.full_like(index, 2 * side - 2)
    index = index % period.clamp(min=1)
    return torch.minimum(index, period - index)
