"""Training with mmengine: hooks, optimizers, distributed training, configs."""

from . import hooks
from .ddp import NetworksDDP
from .optim_wrappers import (
    Bfloat16OptimWrapper,
    LossScaleOptimWrapper,
    SemGANOptimWrapperConstructor,
)

__all__ = [
    'Bfloat16OptimWrapper',
    'LossScaleOptimWrapper',
    'NetworksDDP',
    'SemGANOptimWrapperConstructor',
    'hooks',
]
