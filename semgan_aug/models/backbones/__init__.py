"""Backbones of segmenters, registered with mmseg."""

from .drn import DRN

__all__ = ['DRN']
