"""How one frame is to be translated: drawn once, carried out wherever it is cheapest."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..core.classes import IGNORE


@dataclass(frozen=True)
class TranslationRequest:
    """All that is decided about a translation before it is made.

    Attributes:
        transform: name of the SemGANTranslate that drew it.
        translator: number of the translator among those of the transform.
        style: number of the style, None for translators without class colors.
        strength: share of the translation in the image, 0 ... 1.
        labels: 'translated' or 'source', see :class:`SemGANTranslate`.
        min_consistency: see there.
        key: the frame's key in the cache, None where nothing is kept.
    """

    transform: str
    translator: int
    style: int | None
    strength: float
    labels: str
    min_consistency: float
    key: bytes | None = None

    def finish(
        self, image: Tensor, ids: Tensor, new_image: Tensor, new_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """What is served of a frame and its translation.

        Below a ``strength`` of one half the image is more the source's than the target's, so the
        source's labels stay.

        Args:
            image: uint8 (..., H, W, 3) or (..., 3, H, W), the source frame.
            ids: uint8 (H, W).
            new_image: its translation.
            new_ids: the translated class map.

        Returns:
            Image, ids and the consistency, float32 (), or None if there is no ``min_consistency``;
            the source's own where the consistency is below it. Nothing waits for the device.
        """
        source = image, ids
        agreement = consistency(ids, new_ids) if self.min_consistency else None
        if self.strength < 1:
            mixed = torch.lerp(image.float(), new_image.float(), self.strength)
            new_image = mixed.round().to(torch.uint8)
        if self.labels == 'source' or self.strength < 0.5:
            new_ids = ids
        if agreement is not None:
            good = agreement >= self.min_consistency
            new_image, new_ids = (
                torch.where(good, new, old) for new, old in zip((new_image, new_ids), source)
            )
        return new_image, new_ids, agreement


def consistency(ids: Tensor, new_ids: Tensor) -> Tensor:
    """Share of a frame's labeled pixels whose class survives its translation, float32 ().

    Args:
        ids: uint8 (H, W), class ids and 255.
        new_ids: the same of the translation.

    A frame without labeled pixels has 1.
    """
    labeled = ids != IGNORE
    kept = ((ids == new_ids) & labeled).sum()
    return (kept + (labeled.sum() == 0)) / labeled.sum().clamp(min=1)


class MarkedPath(str):
    """A file name that says how its frame is to be translated later.

    A packed sample carries the name of its file through any loader; nothing else that a transform
    adds gets past mmseg's PackSegInputs without a change to the user's config.
    """

    request: TranslationRequest | None = None

    @classmethod
    def mark(cls, path: str, request: TranslationRequest) -> 'MarkedPath':
        marked = cls(path)
        marked.request = request
        return marked
