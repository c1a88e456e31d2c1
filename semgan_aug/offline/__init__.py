"""Whole datasets, translated: to files that any framework reads, or into SemGANTranslate's cache.

``source`` finds the frames of a dataset and ``frames`` reads and encodes a pair of files.
``translate_dataset`` runs them through ``thread_pipeline``, with ``settings``, and notes in
``journal`` what is done. ``fill_cache`` does the same for the frames of a training's pipelines,
which ``filler`` finds. ``pseudo_labels`` has a segmenter label the target's frames.
"""

from .fill_cache import fill_cache
from .settings import Settings
from .shard import Shard
from .source import open_source
from .translate_dataset import translate_dataset

__all__ = ['Settings', 'Shard', 'fill_cache', 'open_source', 'translate_dataset']
