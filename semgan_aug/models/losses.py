"""The objective, term by term: equations 2 to 6 of the paper as plain functions.

Shapes: images (N, 3, H, W) in [-1, 1]; class scores (N, C, H, W) before softmax; ids (N, H, W)
with 255 = ignore. Every function returns a scalar tensor, unweighted. Cross entropies are taken
from scores (log-softmax), which is the equations' CE on softmax outputs without its rounding.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core.classes import IGNORE

#: Equation 4: the GAN loss; the paper writes the log form, every CycleGAN descendant runs lsgan.
GAN_MODES = ('lsgan', 'vanilla')
#: Equation 2: where the indicator is 1, see :func:`object_transfiguration_loss`.
INDICATORS = ('background', 'changed')


def adversarial_loss(scores: Tensor, real: bool, mode: str = 'lsgan') -> Tensor:
    """Equation 4: how far patch scores are from "real" (1) or "fake" (0).

    Args:
        scores: a discriminator's output, any shape.
        real: what they should say.
        mode: 'lsgan' (squared distance) or 'vanilla' (log loss on sigmoid).
    """
    label = torch.full_like(scores, float(real))
    if mode == 'lsgan':
        return F.mse_loss(scores, label)
    if mode == 'vanilla':
        return F.binary_cross_entropy_with_logits(scores, label)
    raise ValueError(f'gan mode {mode!r} is unknown; use one of {GAN_MODES}')


def semantic_consistency_loss(scores: Tensor, ids: Tensor) -> Tensor:
    """Equation 3: CE(ids, scores), mean over a frame's pixels that are not ignored, 0 if all are.

    Then the mean over the frames: several processes with one frame each have the loss of one
    process with all of them, however many pixels each frame ignores.

    Args:
        scores: G_s(x, s).
        ids: s.
    """
    valid = (ids != IGNORE).flatten(1).sum(1).clamp(min=1)
    loss = F.cross_entropy(scores, ids.long(), ignore_index=IGNORE, reduction='none')
    return (loss.flatten(1).sum(1) / valid).mean()


def identity_loss(
    output: Tensor, scores: Tensor, image: Tensor, ids: Tensor
) -> tuple[Tensor, Tensor]:
    """Equation 5: a generator fed with its own target domain changes nothing.

    Args:
        output: G_x(y, t).
        scores: G_s(y, t).
        image: y.
        ids: t.

    Returns:
        The L1 of the image and the CE of the class map, apart so that each can have its weight.
    """
    return F.l1_loss(output, image), semantic_consistency_loss(scores, ids)


def reconstruction_loss(
    output: Tensor, scores: Tensor, image: Tensor, ids: Tensor
) -> tuple[Tensor, Tensor]:
    """Equation 6: there and back again gives the pair that went in.

    The same distance as equation 5, taken to F_x(G(x, s)), F_s(G(x, s)) from x, s.
    """
    return identity_loss(output, scores, image, ids)


def object_transfiguration_loss(
    output: Tensor,
    image: Tensor,
    ids: Tensor,
    output_ids: Tensor,
    transfigured: tuple[int, ...] = (),
    indicator: str = 'background',
) -> Tensor:
    """Equation 2: mean over pixels and channels of indicator * |image - output|.

    The paper's words can be read in two ways, so both exist [ours]:
    ``background``: the indicator is 1 where neither the input nor the output class map holds a
    transfigured class (keep the background as it is);
    ``changed``: it is 1 where the two class maps differ (the literal sentence).
    Pixels ignored in the input are never counted as changed.

    Args:
        output: G_x(x, s). image: x.
        ids: s, (N, H, W). output_ids: argmax of G_s(x, s), (N, H, W).
        transfigured: the ids of the classes that are to change; used by 'background' only.
        indicator: one of :data:`INDICATORS`.
    """
    if indicator == 'background':
        chosen = torch.tensor(transfigured, device=ids.device, dtype=ids.dtype)
        weight = ~(torch.isin(ids, chosen) | torch.isin(output_ids, chosen))
    elif indicator == 'changed':
        weight = (ids != output_ids) & (ids != IGNORE)
    else:
        raise ValueError(f'indicator {indicator!r} is unknown; use one of {INDICATORS}')
    return (weight.unsqueeze(1) * (image - output).abs()).mean()


def gradient_sensitive_loss(output: Tensor, image: Tensor, ids: Tensor) -> Tensor:
    """SG-GAN: edges of image and output are to be equally strong where classes meet.

    mean(W * mean over channels of ||Sobel(image)| - |Sobel(output)||), W = 1 where the central
    differences of the class map are not 0 in either direction, else 0; both directions of Sobel.

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
