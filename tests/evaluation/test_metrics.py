"""IoU of each class."""

import math

import pytest
import torch

from semgan_aug.evaluation.metrics import ClassIoUMetric


def test_a_class_that_labels_do_not_show_is_not_averaged():
    """However many pixels are taken for it; mmseg would count it as 0 from the first."""
    metric = ClassIoUMetric()
    metric.dataset_meta = dict(classes=['road', 'sky', 'fence', 'car'])
    label = torch.tensor([[0, 0, 0, 1, 1, 255, 3, 3]])
    found = torch.tensor([[0, 0, 1, 1, 1, 2, 2, 3]])
    sample = dict(pred_sem_seg=dict(data=found), gt_sem_seg=dict(data=label))
    metric.process({}, [sample])
    values = metric.compute_metrics(metric.results)
    # road 2 / 3, sky 2 / 3, car 1 / 2
    assert [values[f'IoU.{name}'] for name in ('road', 'sky', 'car')] == [66.67, 66.67, 50.0]
    assert math.isnan(values['IoU.fence'])
    assert values['mIoU'] == pytest.approx(100 * (2 / 3 + 2 / 3 + 1 / 2) / 3, abs=0.01)
    assert values['aAcc'] == pytest.approx(100 * 5 / 7, abs=0.01)
