"""Translation request: the random choices for one frame, which a worker or the hook executes."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..core.classes import IGNORE


@dataclass(frozen=True)
class TranslationRequest:
    """All random choices for one frame, and the settings of the transform that drew them.

    Args:
        transform: name of the SemGANTranslate that drew them; the hook finds it by this name.
        translator: index of the translator in the transform's list of translators.
        style: number of the style; None for a translator without class colors.
        labels: 'translated' or 'source', see :class:`SemGANTranslate`.
        min_consistency: least consistency, see :class:`SemGANTranslate`.
        key: cache key of the translation, see :func:`keys.translation_key`.
    """

    transform: str
    translator: int
    style: int | None
    labels: str
    min_consistency: float
    key: bytes

    def finish(
        self, image: Tensor, ids: Tensor, new_image: Tensor, new_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Chooses between a frame and its translation, as the settings say.

        Args:
            image: source frame, uint8 (H, W, 3) or (3, H, W).
            ids: class map of the source frame, uint8 (H, W).
            new_image: translated frame, of the same shape as ``image``.
            new_ids: class map of the translated frame, uint8 (H, W).

        Returns:
            Image, class map, and :func:`consistency` or, without ``min_consistency``, None. If the
            consistency is below ``min_consistency``, image and class map are the source's. The
            method does not wait for the device.
        """
        agreement = consistency(ids, new_ids) if self.min_consistency else None
        if self.labels == 'source':
            new_ids = ids
        if agreement is not None:
            good = agreement >= self.min_consistency
            new_image = torch.where(good, new_image, image)
            new_ids = torch.where(good, new_ids, ids)
        return new_image, new_ids, agreement


def consistency(ids: Tensor, new_ids: Tensor) -> Tensor:
    """Share of a frame's labeled pixels that keep their class in the translation.

    Args:
        ids: class ids and 255 of the frame, uint8 (H, W).
        new_ids: class ids and 255 of its translation, uint8 (H, W).

    Returns:
        0 ... 1, float32 (); 1 for a frame without labeled pixels.

    Example:
        >>> ids = torch.tensor([[0, 1, 255, 3]])
        >>> consistency(ids, torch.tensor([[0, 1, 255, 2]]))
        tensor(0.6667)
    """
    labeled = ids != IGNORE
    kept = ((ids == new_ids) & labeled).sum()
    return (kept + (labeled.sum() == 0)) / labeled.sum().clamp(min=1)
