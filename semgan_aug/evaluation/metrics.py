"""IoU of each class, averaged over the classes that the labels show."""

from functools import reduce

import numpy as np
import torch
from mmseg.evaluation import IoUMetric
from mmseg.registry import METRICS


@METRICS.register_module()
class ClassIoUMetric(IoUMetric):
    """``IoUMetric`` that also returns ``IoU.<class>`` in %, which mmseg only prints.

    A class that no label shows is nan and is left out of ``mIoU``. mmseg counts such a class as 0
    as soon as one pixel is predicted as it, so that a single pixel costs a row several points.

    Example:
        >>> val_evaluator = dict(type='ClassIoUMetric')
    """

    def compute_metrics(self, results: list) -> dict:
        metrics = super().compute_metrics(results)
        intersection, union, _, label = (
            reduce(torch.add, areas).numpy() for areas in zip(*results)
        )
        shown = label > 0
        iou = np.where(shown, 100 * intersection / np.maximum(union, 1), np.nan)
        for name, value in zip((self.dataset_meta or {})['classes'], iou):
            metrics[f'IoU.{name}'] = round(float(value), 2)
        if 'mIoU' in metrics:
            metrics['mIoU'] = round(float(iou[shown].mean()), 2) if shown.any() else np.nan
        return metrics
