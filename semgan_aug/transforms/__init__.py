"""Transforms for mmseg pipelines."""

from .check_pair import CheckPair
from .crop_rows import CropRows
from .lab_color_transfer import LabColorTransfer
from .semgan_translate import SemGANTranslate

__all__ = ['CheckPair', 'CropRows', 'LabColorTransfer', 'SemGANTranslate']
