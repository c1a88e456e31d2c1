"""Label consistency: how well the source labels fit the translated frames."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from mmengine.model import BaseModel

from ..core.classes import IGNORE
from .segmenter import predict_probabilities

#: A source frame, BGR uint8 (H, W, 3), with its class ids, uint8 (H, W).
Frame = tuple[np.ndarray, np.ndarray]

#: Well-known confusions of unpaired translators: the true class, and the possible names of the
#: class that is predicted instead.
KNOWN_CONFUSIONS = (('sky', ('vegetation', 'tree')), ('sky', ('building',)))


class FrameTranslator(Protocol):
    """A translator of frames: a :class:`translator.Translator` or the transform of a row."""

    def translate(
        self, image: np.ndarray, ids: np.ndarray, style: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Translates a frame and its class ids in style number ``style``."""
        ...


def confusion(truth: np.ndarray, found: np.ndarray, num_classes: int) -> np.ndarray:
    """Confusion matrix of two class maps.

    Args:
        truth: true class ids (H, W).
        found: predicted class ids (H, W).
        num_classes: C.

    Returns:
        (C, C) numbers of pixels by true and predicted class. A pixel that is ignored in one of the
        maps does not count.
    """
    keep = (truth != IGNORE) & (found != IGNORE)
    pairs = truth[keep].astype(int) * num_classes + found[keep]
    return np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


def label_consistency(
    translator: FrameTranslator | None,
    segmenter: BaseModel,
    classes: Sequence[str],
    frames: list[Frame],
) -> dict:
    """Compares the source labels with a segmenter's predictions on the translated frames.

    Args:
        translator: the translator; None leaves the frames unchanged, for comparison.
        segmenter: a segmenter trained on real target frames.
        classes: class names in id order.
        frames: source frames with their labels.

    Returns:
        A dict of values in %:

        - ``kept``: share of pixels where the translator's class map agrees with the source label.
        - ``mIoU``: mean IoU of the source label and the segmenter's prediction on the translated
            frame, over the classes that the labels show.
        - ``IoU``: IoU of each class, None for a class that no label shows.
        - ``confusions``: share of the true class's pixels that are predicted as the other class,
            for each entry of :data:`KNOWN_CONFUSIONS` whose classes exist.
    """
    total = len(classes)
    seen, kept = np.zeros((total, total), int), np.zeros((total, total), int)
    for number, (image, ids) in enumerate(frames):
        output, output_ids = (
            (image, ids) if translator is None else translator.translate(image, ids, style=number)
        )
        seen += confusion(ids, predict_probabilities(segmenter, output).argmax(0), total)
        kept += confusion(ids, output_ids, total)
    union = seen.sum(0) + seen.sum(1) - seen.diagonal()
    present = seen.sum(1) > 0
    iou = np.where(union > 0, 100 * seen.diagonal() / np.maximum(union, 1), np.nan)
    confusions = {}
    for true_name, other_names in KNOWN_CONFUSIONS:
        true = [k for k, name in enumerate(classes) if name.lower() == true_name]
        others = [k for k, name in enumerate(classes) if name.lower() in other_names]
        if true and others and present[true].any():
            share = 100 * seen[np.ix_(true, others)].sum() / seen[true].sum()
            confusions[f'{true_name} → {other_names[0]}'] = round(float(share), 2)
    return dict(
        kept=round(100 * kept.diagonal().sum() / max(1, kept.sum()), 2),
        mIoU=round(float(iou[present].mean()), 2),
        IoU={c: round(float(v), 2) if p else None for c, v, p in zip(classes, iou, present)},
        confusions=confusions,
    )
