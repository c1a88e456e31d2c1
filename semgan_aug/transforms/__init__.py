"""Transforms for mmseg pipelines."""

from .check_pair import CheckPair
from .crop_rows import CropRows
from .fda import FDA
from .histogram_matching import HistogramMatching
from .lab_color_transfer import ClassColorTransfer, LabColorTransfer

__all__ = [
    'FDA',
    'CheckPair',
    'ClassColorTransfer',
    'CropRows',
    'HistogramMatching',
    'LabColorTransfer',
]
