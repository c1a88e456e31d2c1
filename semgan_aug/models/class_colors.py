"""The colors of each class in a frame: measured, moved to those of another frame, remembered.

[ours] A generator that is normalized throughout (instance norm) forgets how bright its input was
and paints every frame under one light. Here the colors of each class are moved to those of a
random frame of the other domain before the generator sees the frame and after it, so its frames
differ as real ones do, and it has only the rest to learn: edges, texture, noise. The class-wise
transfer alone is the cheap relative of class-wise AdaIN (arXiv 2505.16360).

A style is, per class and then for the whole frame, the mean and the standard deviation in three
opponent colors (gray, yellow to blue, red to green), as (N, C + 1, 2, 3): with the deviations of
red, green and blue themselves, colorful classes would stay as colorful as they were. Ignored
pixels, and classes without statistics, move as the whole frame does. A deviation of -1 says that
the class was not measured.
"""

import torch
from torch import Tensor, nn

from ..core.encoding import join
from .cpu_counter import CpuCounter

#: Below this share of a frame's pixels a class is not measured: the sky between leaves is dark.
MIN_SHARE = 0.002
#: Smaller deviations count as this one (5 of 255 gray levels): flat areas are not blown up.
MIN_STD = 0.04

#: Orthonormal: from BGR to the opponent colors. (Lab does the same; this is linear.)
OPPONENT = torch.nn.functional.normalize(
    torch.tensor([[1.0, 1.0, 1.0], [-2.0, 1.0, 1.0], [0.0, -1.0, 1.0]]), dim=1
)


def class_colors(pair: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each class, weighted by its share in each pixel, and of the frame.

    Args:
        pair: (N, 3 + C, H, W) in [-1, 1].

    Returns:
        The style (N, C + 1, 2, 3) and the pixels of each class and of the frame (N, C + 1); of a
        class without pixels the style is 0.
    """
    share = class_shares(pair)
    pixels = share.sum(2)
    return moments_to_colors(class_moments(pair, share, pixels)), pixels


def class_shares(pair: Tensor) -> Tensor:
    """How much of each pixel of a pair (N, 3 + C, H, W) is of each class and of the frame.

    Returns:
        (N, C + 1, H * W) in [0, 1]; 1 throughout for the frame.
    """
    share = (pair[:, 3:].flatten(2) + 1) / 2
    return torch.cat([share, torch.ones_like(share[:, :1])], 1)


def class_moments(pair: Tensor, share: Tensor, pixels: Tensor) -> Tensor:
    """Mean and mean square of each class and of the frame; those of parts of a frame add up.

    Args:
        pair: (N, 3 + C, H, W) in [-1, 1], a frame or a part of it.
        share: its :func:`class_shares`.
        pixels: (N, C + 1), the sum of the shares of the whole frame.

    Returns:
        (N, C + 1, 2, 3) in opponent colors.
    """
    image = _opponent(pair[:, :3]).flatten(2)
    per_pixel = share / pixels.clamp(min=1e-6)[..., None]
    mean = torch.einsum('nkp,ncp->nkc', per_pixel, image)
    square = torch.einsum('nkp,ncp->nkc', per_pixel, image.square())
    return torch.stack([mean, square], 2)


def moments_to_colors(moments: Tensor) -> Tensor:
    """Mean and mean square of a whole frame (N, C + 1, 2, 3) to mean and deviation."""
    mean, square = moments.unbind(2)
    std = (square - mean.square()).clamp(min=1e-8).sqrt()
    return torch.stack([mean, std], 2)


def align_class_colors(pair: Tensor, style: Tensor) -> Tensor:
    """Gives each class of a pair's image the mean and deviation that a style has for it.

    Args:
        pair: (N, 3 + C, H, W) in [-1, 1].
        style: (N, C + 1, 2, 3); ignored pixels, and classes that were not measured, change as
            the whole frame does, and not at all if that was not measured either.

    Returns:
        The pair with the new image, clipped to [-1, 1]; the class channels stay.
    """
    own, _ = class_colors(pair)
    return recolor(pair, color_change(own, style))


def color_change(own: Tensor, style: Tensor) -> Tensor:
    """What moves the colors ``own`` of a frame to those of a style, both (N, C + 1, 2, 3).

    Returns:
        (N, C + 1, 6), per class and then for ignored pixels: scale less 1, and shift, of the
        three opponent colors.
    """
    scale = style[:, :, 1].clamp(min=MIN_STD) / own[:, :, 1].clamp(min=MIN_STD)
    shift = style[:, :, 0] - scale * own[:, :, 0]
    change = torch.cat([scale - 1, shift], 2)
    measured = is_measured(style)[..., None]
    whole = change[:, -1:] * measured[:, -1:]
    return torch.where(measured, change, whole)


def recolor(pair: Tensor, change: Tensor) -> Tensor:
    """Applies a :func:`color_change` to a pair (N, 3 + C, H, W), or to a part of it.

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


def generate(
    generator: nn.Module, pair: Tensor, style: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """A generator's image and class scores for a pair, in the colors of a style, if there is one.

    The colors are moved before the generator, which so has less to do, and once more after it:
    whatever colors it paints, each class of the input has those of the style in the end, and what
    discriminators teach it is texture.
    """
    if style is None:
        return generator(pair)
    image, scores = generator(align_class_colors(pair, style))
    return align_class_colors(join(image, pair[:, 3:]), style)[:, :3], scores


def is_measured(style: Tensor) -> Tensor:
    """Which classes of styles (..., C, 2, 3) have colors: bool (..., C)."""
    return style[..., 1, 0] >= 0


def measure_style(pair: Tensor, min_share: float = 0.0) -> Tensor:
    """The styles of real pairs (N, 3 + C, H, W), without classes of a smaller share of the frame.

    With 0, classes that are not there at all are left out.
    """
    style, pixels = class_colors(pair)
    least = max(1.0, min_share * pair.shape[2] * pair.shape[3])
    return style.masked_fill((pixels < least)[..., None, None], -1.0)


class ClassColorBank(CpuCounter):
    """The styles of some frames of one domain; travels in the checkpoint.

    Of whole frames: in a crop the colors of a class that it only touches are anything.

    Args:
        num_classes: C.
        size: styles kept, at least 1.
    """

    def __init__(self, num_classes: int, size: int = 64) -> None:
        super().__init__()
        if size < 1:
            raise ValueError(f'the bank of class colors keeps {size} styles, but needs 1')
        self.register_buffer('styles', torch.full((size, num_classes + 1, 2, 3), -1.0))

    def clear(self) -> None:
        """Forgets all frames."""
        self.styles.fill_(-1.0)
        self.count.zero_()

    def add(self, styles: Tensor) -> None:
        """Keeps the styles (N, C + 1, 2, 3), in the place of the oldest."""
        for style in styles:
            self.styles[int(self.count) % len(self.styles)] = style
            self.count += 1

    def draw(self, index: int) -> Tensor:
        """Style number ``index`` (any whole number) of those kept, completed: (C + 1, 2, 3)."""
        kept = max(1, min(int(self.count), len(self.styles)))
        return self.complete(self.styles[index % kept][None], index)[0]

    def complete(self, styles: Tensor, first: int) -> Tensor:
        """Fills each class that was not measured from a random frame that has it.

        Args:
            styles: (N, C + 1, 2, 3).
            first: number of the first style; its number decides which frames fill a style.

        Returns:
            The same; classes that no frame kept has are still not measured.
        """
        lots = [
            torch.rand(self.styles.shape[:2], generator=torch.Generator().manual_seed(first + n))
            for n in range(len(styles))
        ]
        lots = torch.stack(lots).to(styles.device, non_blocking=True)  # (N, size, C + 1)
        chosen = lots.masked_fill(~is_measured(self.styles), -1.0).argmax(1)
        filling = self.styles[chosen, torch.arange(styles.shape[1], device=styles.device)]
        return torch.where(is_measured(styles)[..., None, None], styles, filling)
