"""MiniStreets: the renderer and its dataset."""

from .dataset import MiniStreetsDataset
from .frame import draw_frame

__all__ = ['MiniStreetsDataset', 'draw_frame']
