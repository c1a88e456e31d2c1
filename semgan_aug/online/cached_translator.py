"""A translator backed by an on-disk cache."""

import copy

import numpy as np

from ..translator.checkpoint import CheckpointError
from ..translator.translator import Translator, load_translator
from .cache import TranslationCache

#: Part of the cache folder's name. It must change if the same checkpoint and frame give other
#: pixels than before.
VERSION = b'2'


class CachedTranslator:
    """The translator of a checkpoint, and the cache of its translations.

    The object is pickled without its weights. A worker process loads them when it needs them first.

    Args:
        ckpt: see :func:`translator.load_translator`.
        cache_dir: cache folder, '' for no cache.
        cache_max_bytes: greatest size of the cache folder, all translators together.
        cache_format: one of :data:`cache_entry.FORMATS`.
        device: device of the translator.

    Raises:
        CheckpointError: at construction: the checkpoint cannot be read. At use: the file has been
            replaced meanwhile.
    """

    def __init__(
        self,
        ckpt: str,
        cache_dir: str = '',
        cache_max_bytes: int = 0,
        cache_format: str = 'png',
        device: str = 'cpu',
    ) -> None:
        self.ckpt = ckpt
        self.device = device
        self.compile = False
        # Loaded here, so that forked workers share the memory.
        self._translator: Translator | None = load_translator(ckpt, device)
        self.digest = self._translator.digest
        self.classes = self._translator.classes
        #: Whether translations take a style (class colors of a target frame).
        self.styled = self._translator.colors is not None
        self.cache: TranslationCache | None = None
        if cache_dir:
            self.cache = TranslationCache.open(
                cache_dir, VERSION + self.digest, cache_max_bytes, cache_format
            )

    def read(self, key: bytes) -> tuple[np.ndarray, np.ndarray] | None:
        """Reads a translation, see :meth:`TranslationCache.read`; None without a cache."""
        return None if self.cache is None else self.cache.read(key)

    def write(
        self, key: bytes, image: np.ndarray, ids: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Stores a translation and returns it as :meth:`read` would."""
        return (image, ids) if self.cache is None else self.cache.write(key, image, ids)

    @property
    def translator(self) -> Translator:
        """The translator itself; it is loaded if this process has not loaded it yet."""
        if self._translator is None:
            translator = load_translator(self.ckpt, self.device, self.compile)
            if translator.digest != self.digest:
                raise CheckpointError(
                    f'{self.ckpt} was replaced by another checkpoint while it was in use; start '
                    'again'
                )
            self._translator = translator
        return self._translator

    def on(self, device: str, compile: bool = False) -> 'CachedTranslator':
        """A copy on another device, which shares the cache; it is loaded when it is needed first.

        Args:
            device: device of the copy.
            compile: see :meth:`Translator.compile`.
        """
        other = copy.copy(self)
        other.device, other.compile, other._translator = device, compile, None
        return other

    def __getstate__(self) -> dict:
        return self.__dict__ | dict(_translator=None)
