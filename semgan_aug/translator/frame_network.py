"""What a generator makes of frames: uint8 in, uint8 out, on one device, without leaving it."""

import torch
from torch import Tensor, nn

from ..core.encoding import decode_ids, decode_image, encode_ids, encode_image, join
from ..models.class_colors import generate
from ..models.networks import PairGenerator, UNITAutoencoders

#: Sides below are padded to it: the networks' reflections need so many pixels.
LEAST = 8


class FrameNetwork(nn.Module):
    """Encodes frames, moves class colors, runs the generator, decodes (the translator's inside).

    Args:
        generator: of any method, source to target.
        num_classes: C.
    """

    def __init__(self, generator: nn.Module, num_classes: int) -> None:
        super().__init__()
        self.generator = generator
        self.num_classes = num_classes

    def forward(
        self, image: Tensor, ids: Tensor, style: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Args:
            image: (N, 3, H, W) uint8, BGR; any H and W, padded inside by reflection.
            ids: (N, H, W) uint8, class ids and 255; not checked.
            style: (N, C + 1, 2, 3), see :mod:`class_colors`; None leaves colors to the generator.

        Returns:
            The same shapes and types. 255 stays 255; methods that translate images alone keep ids.
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
        # By index: torch.export would have to prove that a slice stays inside the padded frame.
        rows, columns = (torch.arange(side, device=image.device) for side in (h, w))
        return decode_image(output)[:, :, rows][..., columns], ids[:, rows][..., columns]

    def padded(self, side: int) -> int:
        """What a side grows to before the generator sees it."""
        # In this order torch.export sees that it is a multiple for every side; and no number is
        # negative, because ONNX divides towards 0.
        multiple = self.generator.multiple
        least, own = ((pixels + multiple - 1) // multiple for pixels in (LEAST, side))
        return multiple * torch.sym_max(least, own)


def reflection(side: int, padded: int, device: torch.device) -> Tensor:
    """Indices (padded,) that mirror a side at its far end without repeating the last pixel."""
    index = torch.arange(padded, device=device)
    period = torch.full_like(index, 2 * side - 2)
    index = index % period.clamp(min=1)
    return torch.minimum(index, period - index)
