"""SemGAN and its baselines as mmengine models."""

from .backbones import DRN
from .cyclegan import CycleGAN
from .data_preprocessor import SemGANDataPreprocessor
from .semgan import SemGAN
from .sggan import SGGAN
from .unit import UNIT

__all__ = [
    'DRN',
    'SGGAN',
    'UNIT',
    'CycleGAN',
    'SemGAN',
    'SemGANDataPreprocessor',
]
