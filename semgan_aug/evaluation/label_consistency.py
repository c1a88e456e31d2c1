"""Label consistency: how well the source labels still fit translated frames."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from mmengine.model import BaseModel

from ..core.classes import IGNORE
from .segmenter import predict_probabilities

#: A source frame (H, W, 3) uint8 BGR with its class ids (H, W) uint8.
Frame = tuple[np.ndarray, np.ndarray]

#: Confusions that unpaired translators are known for: the true class, and the names under which
#: a class table may list the class that it is taken for.
KNOWN_CONFUSIONS = (('sky', ('vegetation', 'tree')), ('sky', ('building',)))


class FrameTranslator(Protocol):
    """What translates frames: a :class:`translator.Translator` or a row's transform."""

    def translate(
        self, image: np.ndarray, ids: np.ndarray, style: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The translated frame and its class ids, in the style of a number."""
        ...


def confusion(truth: np.ndarray, found: np.ndarray, num_classes: int) -> np.ndarray:
    """Confusion matrix of two class maps.

    Args:
        truth: (H, W) class ids.
        found: (H, W) class ids.
        num_classes: C.

    Returns:
        (C, C) pixel counts by true and found class. Pixels that either map ignores do not count.
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
    """Compares source labels with what a segmenter predicts on the translated frames.

    Args:
        translator: None leaves the frames as they are, for comparison.
        segmenter: trained on real target frames.
        classes: names in id order.
        frames: source frames with their labels.

    Returns:
        All values in %. ``kept``: pixels where the translator's own class map agrees with the
        source label. ``mIoU``: between the source label and the segmenter's prediction on the
        translated frame, over the classes that the labels show. ``IoU``: the same of each class,
        None for a class without pixels. ``confusions``: for each entry of
        :data:`KNOWN_CONFUSIONS` that the classes allow, the share of the true class's pixels that
        are predicted as the other one.
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
