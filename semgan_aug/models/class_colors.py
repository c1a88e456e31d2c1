"""Class colors: the mean color and the contrast of each class in a frame, and their transfer.

[ours] Instance norm removes the brightness of a frame, so a generator with instance norm gives
every frame the same light. Therefore the colors of each class are moved to those of a random frame
of the other domain, once before the generator and once after it. Translated frames then differ in
color as real frames do. The generator learns the rest: edges, texture, noise. The transfer alone is
a simpler form of class-wise AdaIN (arXiv 2505.16360).

A style is a tensor (N, C + 1, 2, 3). It holds the mean and the standard deviation of three opponent
colors (gray, yellow to blue, red to green) for each class and, in the last row, for the whole
frame. Deviations of red, green and blue would leave the saturation of a class unchanged. Ignored
pixels and classes without statistics change as the whole frame does. A deviation of -1 marks a
class that was not measured.
"""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from ..core.encoding import join
from ..core.errors import InputError
from .cpu_counter import CpuCounter

Map = TypeVar('Map')

#: A class with a smaller share of a frame's pixels is not measured, because so few pixels are not
#: typical of it (the sky between leaves is dark).
MIN_SHARE = 0.002
#: Smaller deviations are raised to this one, 5 of 255 gray levels, so that the noise of flat areas
#: is not amplified.
MIN_STD = 0.04

#: Orthonormal matrix from BGR to opponent colors. Lab would also work, but it is not linear.
OPPONENT = torch.nn.functional.normalize(
    torch.tensor([[1.0, 1.0, 1.0], [-2.0, 1.0, 1.0], [0.0, -1.0, 1.0]]), dim=1
)


def class_colors(pair: Tensor) -> tuple[Tensor, Tensor]:
    """Measures the mean and deviation of each class and of the whole frame.

    Each pixel counts with the probability that it belongs to the class.

    Args:
        pair: (N, 3 + C, H, W) in [-1, 1].

    Returns:
        The style (N, C + 1, 2, 3), and the number of pixels (N, C + 1) of each class and of the
        whole frame. The mean of a class without pixels is 0.
    """
    share = class_shares(pair)
    pixels = share.sum(2)
    return moments_to_colors(class_moments(pair, share, pixels)), pixels


def class_shares(pair: Tensor) -> Tensor:
    """Class probabilities of each pixel of a pair (N, 3 + C, H, W).

    Returns:
        (N, C + 1, H * W) in [0, 1], with one extra row of ones that stands for the whole frame.
    """
    share = (pair[:, 3:].flatten(2) + 1) / 2
    return torch.cat([share, torch.ones_like(share[:, :1])], 1)


def class_moments(pair: Tensor, share: Tensor, pixels: Tensor) -> Tensor:
    """Mean and mean square of each class and of the whole frame.

    The moments of a frame are the sum of the moments of its strips.

    Args:
        pair: (N, 3 + C, H, W) in [-1, 1], a frame or a strip of it.
        share: :func:`class_shares` of ``pair``.
        pixels: (N, C + 1), the sum of the shares over the whole frame.

    Returns:
        (N, C + 1, 2, 3) in opponent colors.
    """
    image = _opponent(pair[:, :3]).flatten(2)
    per_pixel = share / pixels.clamp(min=1e-6)[..., None]
    mean = torch.einsum('nkp,ncp->nkc', per_pixel, image)
    square = torch.einsum('nkp,ncp->nkc', per_pixel, image.square())
    return torch.stack([mean, square], 2)


def moments_to_colors(moments: Tensor) -> Tensor:
    """Converts moments of a whole frame (N, C + 1, 2, 3) to mean and standard deviation."""
    mean, square = moments.unbind(2)
    std = (square - mean.square()).clamp(min=1e-8).sqrt()
    return torch.stack([mean, std], 2)


def align_class_colors(pair: Tensor, style: Tensor) -> Tensor:
    """Gives each class of a pair's image the mean and deviation that a style has for it.

    Args:
        pair: (N, 3 + C, H, W) in [-1, 1].
        style: (N, C + 1, 2, 3). Ignored pixels and classes that were not measured change as the
            whole frame does, or not at all if the frame was not measured either.

    Returns:
        The pair with the new image, clipped to [-1, 1]; the class channels stay.

    Example:
        >>> pair = torch.rand(1, 3 + 10, 16, 24) * 2 - 1
        >>> style = measure_style(torch.rand(1, 3 + 10, 16, 24) * 2 - 1)
        >>> align_class_colors(pair, style).shape
        torch.Size([1, 13, 16, 24])
    """
    own, _ = class_colors(pair)
    return recolor(pair, color_change(own, style))


def color_change(own: Tensor, style: Tensor) -> Tensor:
    """The change from the colors ``own`` of a frame to those of a style, both (N, C + 1, 2, 3).

    Returns:
        (N, C + 1, 6): scale - 1 and shift of the three opponent colors, for each class. The last
        row, the whole frame's, is applied to ignored pixels.
    """
    scale = style[:, :, 1].clamp(min=MIN_STD) / own[:, :, 1].clamp(min=MIN_STD)
    shift = style[:, :, 0] - scale * own[:, :, 0]
    change = torch.cat([scale - 1, shift], 2)
    measured = is_measured(style)[..., None]
    whole = change[:, -1:] * measured[:, -1:]
    return torch.where(measured, change, whole)


def recolor(pair: Tensor, change: Tensor) -> Tensor:
    """Applies a :func:`color_change` to a pair (N, 3 + C, H, W), or to a strip of it.

    Returns:
        The pair with the new image, clipped to [-1, 1].
    """
    share = (pair[:, 3:] + 1) / 2
    share = torch.cat([share, (1 - share.sum(1, keepdim=True)).clamp(min=0)], 1)
    change = torch.einsum('nkhw,nkc->nchw', share, change)
    image = _opponent(pair[:, :3]) * (1 + change[:, :3]) + change[:, 3:]
    image = torch.einsum('nkhw,kc->nchw', image, _opponent_matrix(image))
    return torch.cat([image.clamp(-1, 1), pair[:, 3:]], 1)


def _opponent(image: Tensor) -> Tensor:
    return torch.einsum('nchw,kc->nkhw', image, _opponent_matrix(image))


def _opponent_matrix(like: Tensor) -> Tensor:
    return OPPONENT.to(like, non_blocking=True)


def _call(function: Callable[..., Tensor], *maps: Tensor) -> Tensor:
    return function(*maps)


def _with_image(image: Tensor, pair: Tensor) -> Tensor:
    """Replaces the image of a pair by another image (N, 3, H, W)."""
    return join(image, pair[:, 3:])


def _image_of(pair: Tensor) -> Tensor:
    return pair[:, :3]


def generate(
    generator: Callable[[Map], tuple[Map, Map]],
    pair: Map,
    style: Tensor | None = None,
    align: Callable[[Map, Tensor], Map] = align_class_colors,
    apply: Callable[..., Map] = _call,
) -> tuple[Map, Map]:
    """Translates a pair and gives the result the class colors of a style.

    The class colors are moved twice. The generator has less to learn if they are moved before it.
    They are moved again after it, so that each class has the colors of the style whatever the
    generator paints. The discriminators then teach the generator texture.

    Args:
        generator: computes an image and class scores from a pair.
        pair: (N, 3 + C, H, W) in [-1, 1]: a tensor, or a lazy feature map of one frame.
        style: (N, C + 1, 2, 3); None leaves the colors to the generator.
        align: moves the class colors of a pair to those of a style.
        apply: calls a pointwise function on maps. Tensors: a plain call. Lazy maps:
            ``Pointwise``.

    Returns:
        The image (N, 3, H, W) in [-1, 1] and the class scores (N, C, H, W).
    """
    if style is None:
        return generator(pair)
    image, scores = generator(align(pair, style))
    return apply(_image_of, align(apply(_with_image, image, pair), style)), scores


def is_measured(style: Tensor) -> Tensor:
    """Whether each class of styles (..., C, 2, 3) was measured: bool (..., C)."""
    return style[..., 1, 0] >= 0


def measure_style(pair: Tensor, min_share: float = 0.0) -> Tensor:
    """Measures the styles of real pairs.

    Args:
        pair: (N, 3 + C, H, W) in [-1, 1].
        min_share: a class with a smaller share of the frame's pixels, or with less than one pixel,
            is marked as not measured.

    Returns:
        (N, C + 1, 2, 3).
    """
    style, pixels = class_colors(pair)
    least = max(1.0, min_share * pair.shape[2] * pair.shape[3])
    return style.masked_fill((pixels < least)[..., None, None], -1.0)


class ClassColorBank(CpuCounter):
    """The styles of some frames of one domain, saved in the checkpoint.

    The styles are those of whole frames. A crop may touch only an untypical part of a class.

    Args:
        num_classes: C.
        size: number of styles that the bank keeps, at least 1.

    Raises:
        InputError: ``size`` is below 1.

    Example:
        >>> bank = ClassColorBank(num_classes=10, size=4)
        >>> bank.add(measure_style(torch.rand(4, 3 + 10, 16, 24) * 2 - 1))
        >>> bank.draw(7).shape
        torch.Size([11, 2, 3])
    """

    styles: Tensor
    count: Tensor

    def __init__(self, num_classes: int, size: int = 64) -> None:
        super().__init__()
        if size < 1:
            raise InputError(
                f'the bank of class colors keeps {size} styles, but at least 1 is needed; set size'
            )
        self.register_buffer('styles', torch.full((size, num_classes + 1, 2, 3), -1.0))

    def clear(self) -> None:
        """Forgets all frames."""
        self.styles.fill_(-1.0)
        self.count.zero_()

    def add(self, styles: Tensor) -> None:
        """Adds styles (N, C + 1, 2, 3); in a full bank they replace the oldest ones."""
        for style in styles:
            self.styles[int(self.count) % len(self.styles)] = style
            self.count += 1

    def draw(self, index: int) -> Tensor:
        """Returns style ``index % number of kept styles``; missing classes are filled.

        A class that was not measured gets its colors from a random frame of the bank that has it.
        A class that no frame of the bank has stays unmeasured.

        Args:
            index: any whole number; it also seeds the choice of those frames.

        Returns:
            (C + 1, 2, 3).
        """
        kept = max(1, min(int(self.count), len(self.styles)))
        style, measured = self.styles[index % kept], is_measured(self.styles)
        lots = torch.rand(measured.shape, generator=torch.Generator().manual_seed(index))
        lots = lots.to(style.device, non_blocking=True)  # (size, C + 1)
        chosen = lots.masked_fill(~measured, -1.0).argmax(0)
        filling = self.styles[chosen, torch.arange(len(style), device=style.device)]
        return torch.where(is_measured(style)[:, None, None], style, filling)
