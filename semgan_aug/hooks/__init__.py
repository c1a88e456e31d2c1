"""Hooks for mmengine's runner."""

from .checkpoint_card import CheckpointCardHook
from .pictures import PicturesHook
from .progress import ProgressHook

__all__ = ['CheckpointCardHook', 'PicturesHook', 'ProgressHook']
