"""Evaluation of segmenters and of translated frames."""

from .metrics import ClassIoUMetric

__all__ = ['ClassIoUMetric']
