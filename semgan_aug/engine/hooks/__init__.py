"""Hooks of mmengine's runner."""

from .checkpoint import SemGANCheckpointHook
from .checkpoint_card import CheckpointCardHook
from .class_colors import ClassColorsHook
from .export import ExportHook
from .losses import LossesHook, NonFiniteLossError
from .orphan import OrphanHook
from .pictures import PicturesHook
from .plain_checkpoint import PlainCheckpointHook
from .progress import ProgressHook
from .seed_iterations import SeedIterationsHook

__all__ = [
    'CheckpointCardHook',
    'ClassColorsHook',
    'ExportHook',
    'LossesHook',
    'NonFiniteLossError',
    'OrphanHook',
    'PicturesHook',
    'PlainCheckpointHook',
    'ProgressHook',
    'SeedIterationsHook',
    'SemGANCheckpointHook',
]
