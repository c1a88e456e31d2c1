"""A translator backed by an on-disk cache."""

import copy

import numpy as np

from ..translator.checkpoint import CheckpointError
from ..translator.translator import Translator, load_translator
from .cache import TranslationCache

#: Part of the cache folder's name: changes when the same checkpoint and frame give other pixels.
VERSION = b'2'


class CachedTranslator:
    """The translator of a checkpoint, and the cache of its translations.

    Pickled without its weights: a worker process loads them when it first needs them.

    Args:
        ckpt: see :func:`translator.load_translator`.
        cache_dir: folder for the cache, '' for none.
        cache_max_bytes: what all translators together may keep there.
        cache_format: one of :data:`cache_entry.FORMATS`.
        device: of the translator.

    Raises:
        CheckpointError: at construction; and at use, if the file was replaced since.
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
        """A translation from the cache, see :meth:`TranslationCache.read`; None without a cache."""
        return None if self.cache is None else self.cache.read(key)

    def write(
        self, key: bytes, image: np.ndarray, ids: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Keeps a translation; returns it as :meth:`read` would."""
        return (image, ids) if self.cache is None else self.cache.write(key, image, ids)

    @property
    def translator(self) -> Translator:
        """The translator itself, loaded if this process has not done so yet."""
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
        """The same on another device, loaded when it is first needed; it shares the cache.

        Args:
            device: of the translator.
            compile: see :meth:`Translator.compile`.
        """
        other = copy.copy(self)
        other.device, other.compile, other._translator = device, compile, None
        return other

    def __getstate__(self) -> dict:
        return self.__dict__ | dict(_translator=None)
