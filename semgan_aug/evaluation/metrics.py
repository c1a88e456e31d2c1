"""A metric that returns the IoU of each class, and their mean."""

from functools import reduce

import numpy as np
import torch
from mmseg.evaluation import IoUMetric
from mmseg.registry import METRICS


@METRICS.register_module()
class ClassIoUMetric(IoUMetric):
    """``IoUMetric`` that also returns ``IoU.<class>`` in %, which mmseg only prints.

    The IoU of a class that no label shows is nan, and ``mIoU`` leaves the class out. In mmseg, such
    a class counts as 0 if at least one pixel is predicted as it, so a single pixel can cost several
    points of mIoU.

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
