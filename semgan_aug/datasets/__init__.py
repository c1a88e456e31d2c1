"""Datasets in mmseg's registry."""

from .camvid import CamVidDataset
from .cityscapes import CityscapesIdsDataset
from .gta5 import GTA5Dataset
from .ministreets import MiniStreetsDataset
from .pseudo_labels import PseudoLabelDataset
from .rare_class import RareClassDataset
from .sampler import SeededInfiniteSampler
from .unpaired import UnpairedDataset

__all__ = [
    'CamVidDataset',
    'CityscapesIdsDataset',
    'GTA5Dataset',
    'MiniStreetsDataset',
    'PseudoLabelDataset',
    'RareClassDataset',
    'SeededInfiniteSampler',
    'UnpairedDataset',
]
