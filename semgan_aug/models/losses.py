"""Loss functions: equations 2 to 6 of the paper, and SG-GAN's loss.

Shapes: images (N, 3, H, W) in [-1, 1]; class scores (N, C, H, W) before softmax; ids (N, H, W)
with 255 = ignore. Every function returns scalar tensors without weights. Cross entropies are taken
from scores (log-softmax). This equals the paper's cross entropy of softmax outputs, but rounds
less.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core.classes import IGNORE
from ..core.errors import InputError

#: Equation 4: the GAN loss. The paper writes the log form ('vanilla'); descendants of CycleGAN use
#: 'lsgan'.
GAN_MODES = ('lsgan', 'vanilla')
#: Equation 2: where the indicator is 1, see :func:`object_transfiguration_loss`.
INDICATORS = ('background', 'changed')


def adversarial_loss(scores: Tensor, real: bool, mode: str = 'lsgan') -> Tensor:
    """Equation 4: the distance of patch scores from "real" (1) or "fake" (0).

    Args:
        scores: a discriminator's output, any shape.
        real: whether the scores should be "real".
        mode: 'lsgan' (squared distance) or 'vanilla' (log loss on sigmoid).

    Raises:
        InputError: the mode is unknown.
    """
    label = torch.full_like(scores, float(real))
    if mode == 'lsgan':
        return F.mse_loss(scores, label)
    if mode == 'vanilla':
        return F.binary_cross_entropy_with_logits(scores, label)
    raise InputError(f'gan mode {mode!r} is unknown; use one of {GAN_MODES}')


def semantic_consistency_loss(scores: Tensor, ids: Tensor) -> Tensor:
    """Equation 3: the cross entropy of the input's class map s and the output's scores G_s(x, s).

    The loss of a frame is the mean over its labeled pixels, or 0 if it has none. The result is the
    mean over the frames. So the loss of N processes with one frame each equals the loss of one
    process with N frames, whatever share of each frame is labeled.

    Args:
        scores: G_s(x, s).
        ids: s.
    """
    valid = (ids != IGNORE).flatten(1).sum(1).clamp(min=1)
    loss = F.cross_entropy(scores, ids.long(), ignore_index=IGNORE, reduction='none')
    return (loss.flatten(1).sum(1) / valid).mean()


def pair_loss(output: Tensor, scores: Tensor, image: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Equations 5 and 6: the distance of a generated pair from the pair that it should equal.

    Equation 5, identity: a generator should not change a pair (y, t) of its own output domain,
    ``pair_loss(G_x(y, t), G_s(y, t), y, t)``.
    Equation 6, reconstruction: one generator after the other should return the input (x, s),
    ``pair_loss(F_x(G(x, s)), F_s(G(x, s)), x, s)``.

    Args:
        output: the generated image.
        scores: the generated class scores.
        image: the image that it should equal.
        ids: the class map that it should equal.

    Returns:
        The L1 distance of the images, and the cross entropy of the class maps. They are separate
        because each has its own weight.
    """
    return F.l1_loss(output, image), semantic_consistency_loss(scores, ids)


def object_transfiguration_loss(
    output: Tensor,
    image: Tensor,
    ids: Tensor,
    output_ids: Tensor,
    transfigured: tuple[int, ...] = (),
    indicator: str = 'background',
) -> Tensor:
    """Equation 2: mean over pixels and channels of indicator * |image - output|.

    The paper's text can be understood in two ways. Both are implemented [ours]:

    - ``background``: the indicator is 1 where neither the input's nor the output's class map holds
      a transfigured class, so that the background is preserved.
    - ``changed``: the indicator is 1 where the two class maps differ, as the paper's sentence
      says. Pixels that are ignored in the input do not count as changed.

    Args:
        output: G_x(x, s).
        image: x.
        ids: s, (N, H, W).
        output_ids: argmax of G_s(x, s), (N, H, W).
        transfigured: ids of the classes that may change; used by 'background' only.
        indicator: one of :data:`INDICATORS`.

    Raises:
        InputError: the indicator is unknown.
    """
    if indicator == 'background':
        chosen = torch.tensor(transfigured, device=ids.device, dtype=ids.dtype)
        weight = ~(torch.isin(ids, chosen) | torch.isin(output_ids, chosen))
    elif indicator == 'changed':
        weight = (ids != output_ids) & (ids != IGNORE)
    else:
        raise InputError(f'indicator {indicator!r} is unknown; use one of {INDICATORS}')
    return (weight.unsqueeze(1) * (image - output).abs()).mean()


def gradient_sensitive_loss(output: Tensor, image: Tensor, ids: Tensor) -> Tensor:
    """SG-GAN's loss: where two classes meet, input and output should have equally strong edges.

    The loss is the mean of W * ||Sobel(image)| - |Sobel(output)|| over channels, pixels and both
    directions of Sobel. W is 1 where the central difference of the class map is not 0 in either
    direction, and 0 elsewhere.

    Args:
        output: G(x).
        image: x.
        ids: s.
    """
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    kernels = torch.stack([kernel, kernel.T])[:, None].to(image, non_blocking=True)

    def sobel(x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        x = F.pad(x.reshape(n * c, 1, h, w), (1, 1, 1, 1), mode='reflect')
        return F.conv2d(x, kernels).abs().view(n, c, 2, h, w)

    difference = (sobel(image) - sobel(output)).abs().mean(1)  # (N, 2, H, W)
    labels = F.pad(ids[:, None].float(), (1, 1, 1, 1), mode='replicate')[:, 0]
    across = labels[:, 1:-1, 2:] != labels[:, 1:-1, :-2]
    down = labels[:, 2:, 1:-1] != labels[:, :-2, 1:-1]
    return (difference * (across | down)[:, None]).mean()


def total(log: dict[str, Tensor]) -> Tensor:
    """The sum of weighted losses."""
    first, *others = log.values()
    return sum(others, start=first)
