"""Task-network backbones; importing this package registers them with mmseg."""

from .drn import DRN

__all__ = ['DRN']
