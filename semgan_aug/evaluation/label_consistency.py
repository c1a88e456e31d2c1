"""Label consistency: how well the labels still fit the frames that a translator made."""

from collections.abc import Sequence

import numpy as np
from mmengine.config import Config
from mmengine.device import get_device
from mmseg.registry import MODELS
from torch import nn

from ..core.classes import IGNORE
from ..offline.pseudo_labels import predict_probabilities
from ..translator.checkpoint import CheckpointError, read_checkpoint
from ..translator.translator import Translator

Frame = tuple[np.ndarray, np.ndarray]

#: What unpaired translators are known to make of a sky that the target has less of.
KNOWN_CONFUSIONS = (('sky', ('vegetation', 'tree')), ('sky', ('building',)))


def load_segmenter(config_text: str, checkpoint: str) -> nn.Module:
    """A trained segmenter, in evaluation mode, on the GPU if there is one.

    Args:
        config_text: of its config.
        checkpoint: its weights.

    Raises:
        CheckpointError: as :func:`checkpoint.read_checkpoint`, or of another model.
    """
    model = MODELS.build(Config.fromstring(config_text, '.py').model)
    read = read_checkpoint(checkpoint)
    state = read.get('state_dict', read)
    try:
        model.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        reason = ' '.join(line.strip() for line in str(error).splitlines()[1:3])[:160]
        raise CheckpointError(
            f'{checkpoint} does not fit the segmenter of the config ({reason or error}); name the '
            'checkpoint that this config trained'
        ) from None
    return model.eval().to(get_device())


def confusion(truth: np.ndarray, found: np.ndarray, num_classes: int) -> np.ndarray:
    """Pixels by true and found class, (C, C); ignored ones are left out."""
    keep = (truth != IGNORE) & (found != IGNORE)
    pairs = truth[keep].astype(int) * num_classes + found[keep]
    return np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


def label_consistency(
    translator: Translator | None, segmenter: nn.Module, classes: Sequence[str], frames: list[Frame]
) -> dict:
    """Compares labels with what is seen in translated frames.

    Args:
        translator: None leaves the frames as they are, for comparison.
        segmenter: trained on real target frames.
        classes: names in id order.
        frames: source frames (BGR uint8) with their ids.

    Returns:
        In %: ``kept``, pixels where the translator's own class map agrees with the source label;
        ``mIoU`` between the source label and what the segmenter sees in the translated frame, and
        ``IoU`` of each class in it; ``confusions``, the share of a class's pixels that are
        seen as another, for those of :data:`KNOWN_CONFUSIONS` that the classes allow.
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
