"""SemGAN and its baselines as mmengine models, and what mmengine needs to train them."""

from .cyclegan import CycleGAN
from .data_preprocessor import SemGANDataPreprocessor
from .optim import LossScaleOptimWrapper, SemGANOptimWrapperConstructor
from .semgan import SemGAN
from .sggan import SGGAN
from .unit import UNIT
from .wrapper import NetworksDDP

__all__ = [
    'SGGAN',
    'UNIT',
    'CycleGAN',
    'LossScaleOptimWrapper',
    'NetworksDDP',
    'SemGAN',
    'SemGANDataPreprocessor',
    'SemGANOptimWrapperConstructor',
]
