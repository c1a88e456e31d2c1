"""Whole datasets, translated: to files that any framework reads, or to SemGANTranslate's cache.

``source`` finds the frames, ``frames`` reads and encodes a pair, ``thread_pipeline`` keeps disk
and network busy at once, ``journal`` remembers what is done, ``translate_dataset`` puts them
together; ``fill_cache`` does the same for the frames of a training pipeline.
"""

from .fill_cache import fill_cache
from .source import open_source
from .thread_pipeline import Shard
from .translate_dataset import Settings, translate_dataset

__all__ = ['Settings', 'Shard', 'fill_cache', 'open_source', 'translate_dataset']
