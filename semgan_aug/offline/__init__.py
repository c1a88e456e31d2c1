"""Translation of whole datasets, to files for any framework or to SemGANTranslate's cache.

``source`` finds the frames of a dataset, and ``frames`` reads and encodes the two files of a frame.
``translate_dataset`` runs the frames through ``thread_pipeline`` with ``settings``, and records
finished frames in ``journal``. ``fill_cache`` does the same for the frames in a training's
pipelines, which ``filler`` finds. ``pseudo_labels`` writes a segmenter's predictions as labels of
the target frames.
"""

from .fill_cache import fill_cache
from .settings import Settings
from .shard import Shard
from .source import open_source
from .translate_dataset import translate_dataset

__all__ = ['Settings', 'Shard', 'fill_cache', 'open_source', 'translate_dataset']
