"""Pseudo labels: a segmenter's confident predictions as label files; other pixels are 255."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.model import BaseModel

from ..core.checks import require_share
from ..core.classes import IGNORE
from ..core.errors import InputError
from ..core.files import write_bytes, write_json
from ..datasets.pseudo_labels import require_own_names
from ..evaluation.segmenter import predict_probabilities

#: File that marks a folder of pseudo labels, so that its labels may be overwritten.
MANIFEST = 'pseudo_labels.json'
#: Number of bins in the histogram of confidences.
STEPS = 1000


def write_pseudo_labels(
    segmenter: BaseModel,
    dataset: BaseDataset,
    folder: Path,
    confidence: float = 0.9,
    share: float = 0.5,
    advance: Callable[[int], None] = lambda n: None,
) -> dict[str, float]:
    """Writes ``<stem>.png`` for each frame of a dataset.

    A pixel keeps its class if the class's probability is at least ``confidence``, or if the pixel
    belongs to the ``share`` of the class's pixels with the highest probabilities. The second rule
    keeps classes that segmenters never predict with confidence. BDL (arXiv 1904.10620) and FDA
    (arXiv 2004.05498) choose their labels in the same way.

    Args:
        segmenter: segmenter in evaluation mode, trained on the dataset's classes.
        dataset: dataset whose pipeline loads images at the size that the segmenter is used with.
            Labels are written at the size of the image file.
        folder: folder of the labels; created if it does not exist.
        confidence: least probability that keeps a pixel, 0 ... 1.
        share: share of each class's pixels that are kept in any case, 0 ... 1.
        advance: called with 1 after each frame, in both passes over the frames.

    Returns:
        Class name -> share of the pixels predicted as this class that were kept.

    Raises:
        InputError: a value is outside its range, two frames have the same name, the folder holds
            other labels, or the segmenter has another number of classes.
    """
    require_share('', 'confidence', confidence)
    require_share('', 'share', share)
    classes = list(dataset.metainfo['classes'])
    paths = [Path(dataset.get_data_info(i)['img_path']) for i in range(len(dataset))]
    require_own_names([str(path) for path in paths])
    if not (folder / MANIFEST).exists() and any(folder.glob('*.png')):
        raise InputError(
            f'{folder} holds labels that were not written here; choose an empty folder, or delete '
            'them'
        )
    folder.mkdir(parents=True, exist_ok=True)
    settings = dict(classes=classes, confidence=confidence, share=share)
    write_json(folder / MANIFEST, settings, indent=1)
    counts = np.zeros((len(classes), STEPS + 1), np.int64)
    # The first pass over the frames finds the thresholds, the second one writes the labels.
    for i in range(len(paths)):
        sure, ids = _predict(segmenter, dataset[i]['img'], len(classes))
        np.add.at(counts, (ids, (sure * STEPS).astype(int)), 1)
        advance(1)
    least = np.minimum(confidence, _thresholds(counts, share))
    kept = np.zeros(len(classes), np.int64)
    for i, path in enumerate(paths):
        sample = dataset[i]
        sure, ids = _predict(segmenter, sample['img'], len(classes))
        keep = sure >= least[ids]
        kept += np.bincount(ids[keep], minlength=len(classes))
        labels = np.where(keep, ids, IGNORE).astype(np.uint8)
        h, w = sample['ori_shape']
        labels = cv2.resize(labels, (w, h), interpolation=cv2.INTER_NEAREST)
        write_bytes(folder / f'{path.stem}.png', cv2.imencode('.png', labels)[1].tobytes())
        advance(1)
    shares = kept / np.maximum(counts.sum(1), 1)
    return dict(zip(classes, shares.round(4).tolist(), strict=True))


def _predict(segmenter: BaseModel, image: np.ndarray, num_classes: int) -> tuple:
    """Predicts the most probable class of each pixel: its probability (H, W) and its id (H, W)."""
    probabilities = predict_probabilities(segmenter, image)
    if len(probabilities) != num_classes:
        raise InputError(
            f'the segmenter has {len(probabilities)} classes, but the dataset {num_classes}; use '
            'one that was trained on the same classes in the same order'
        )
    return probabilities.max(0), probabilities.argmax(0)


def _thresholds(counts: np.ndarray, share: float) -> np.ndarray:
    """The least confidence among the most confident ``share`` of each class's pixels, (C,).

    Args:
        counts: number of pixels by class and confidence, (C, STEPS + 1).
        share: 0 ... 1.
    """
    at_least = counts[:, ::-1].cumsum(1)[:, ::-1]  # pixels with at least this confidence
    wanted = share * counts.sum(1, keepdims=True)
    return ((at_least >= wanted).sum(1) - 1).clip(0) / STEPS
