"""mmseg's IoU with the value of each class among the metrics."""

from mmseg.evaluation import IoUMetric
from mmseg.registry import METRICS


@METRICS.register_module()
class ClassIoUMetric(IoUMetric):
    """``IoUMetric`` that also returns ``IoU.<class>`` in %, which mmseg only prints.

    A class that occurs in neither labels nor predictions is nan.
    """

    def compute_metrics(self, results: list) -> dict:
        metrics = super().compute_metrics(results)
        intersection, union, *_ = (sum(areas) for areas in zip(*results))
        for name, value in zip(self.dataset_meta['classes'], intersection / union):
            metrics[f'IoU.{name}'] = round(float(value) * 100, 2)
        return metrics
