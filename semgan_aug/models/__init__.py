"""SemGAN as an mmengine model, and what mmengine needs to train it."""

from .data_preprocessor import SemGANDataPreprocessor
from .optim import SemGANOptimWrapperConstructor
from .semgan import SemGAN
from .wrapper import NetworksDDP

__all__ = ['NetworksDDP', 'SemGAN', 'SemGANDataPreprocessor', 'SemGANOptimWrapperConstructor']
