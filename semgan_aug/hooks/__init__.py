"""Hooks for mmengine's runner."""

from .checkpoint import SemGANCheckpointHook
from .checkpoint_card import CheckpointCardHook
from .pictures import PicturesHook
from .plain_checkpoint import PlainCheckpointHook
from .progress import ProgressHook
from .seed_iterations import SeedIterationsHook

__all__ = [
    'CheckpointCardHook',
    'PicturesHook',
    'PlainCheckpointHook',
    'ProgressHook',
    'SeedIterationsHook',
    'SemGANCheckpointHook',
]
