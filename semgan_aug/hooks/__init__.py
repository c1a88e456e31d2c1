"""Hooks for mmengine's runner."""

from .checkpoint_card import CheckpointCardHook
from .pictures import PicturesHook
from .plain_checkpoint import PlainCheckpointHook
from .progress import ProgressHook

__all__ = ['CheckpointCardHook', 'PicturesHook', 'PlainCheckpointHook', 'ProgressHook']
