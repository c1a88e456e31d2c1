"""Measures segmenters and translated frames."""

from .metrics import ClassIoUMetric

__all__ = ['ClassIoUMetric']
