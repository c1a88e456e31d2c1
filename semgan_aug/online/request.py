"""How one frame is to be translated: drawn once, carried out by a worker or by the hook."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..core.classes import IGNORE


@dataclass(frozen=True)
class TranslationRequest:
    """All random choices for one frame, and the settings of the transform that drew them.

    Args:
        transform: name of that SemGANTranslate, by which the hook finds it again.
        translator: number of the translator among those of the transform.
        style: number of the style, None for a translator without class colors.
        labels: 'translated' or 'source', see :class:`SemGANTranslate`.
        min_consistency: see there.
        key: the translation's key in the cache, see :func:`keys.translation_key`.
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
        """Chooses what is served of a frame and its translation.

        Args:
            image: uint8 (H, W, 3) or (3, H, W), the source frame.
            ids: its class map, uint8 (H, W).
            new_image: the translation, of the same shape as ``image``.
            new_ids: its class map, uint8 (H, W).

        Returns:
            Image, class map and :func:`consistency`, or None for the latter if there is no
            ``min_consistency``. Below ``min_consistency``, image and class map are the source's.
            Nothing waits for the device.
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
    """Share of a frame's labeled pixels whose class survives its translation.

    Args:
        ids: class ids and 255, uint8 (H, W).
        new_ids: the same of the translation.

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
