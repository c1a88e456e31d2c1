"""SemGAN and its baselines as mmengine models, and what mmengine needs to train them."""

from .cyclegan import CycleGAN
from .data_preprocessor import SemGANDataPreprocessor
from .optim import Bfloat16OptimWrapper, LossScaleOptimWrapper, SemGANOptimWrapperConstructor
from .semgan import SemGAN
from .sggan import SGGAN
from .unit import UNIT
from .wrapper import NetworksDDP

__all__ = [
    'SGGAN',
    'UNIT',
    'Bfloat16OptimWrapper',
    'CycleGAN',
    'LossScaleOptimWrapper',
    'NetworksDDP',
    'SemGAN',
    'SemGANDataPreprocessor',
    'SemGANOptimWrapperConstructor',
]
