"""MiniStreets: rendered street frames in two domains, and their dataset."""

from .dataset import MiniStreetsDataset
from .frame import draw_frame

__all__ = ['MiniStreetsDataset', 'draw_frame']
