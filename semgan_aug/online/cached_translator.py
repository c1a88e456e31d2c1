"""A translator that makes each frame once."""

import copy
import hashlib

import numpy as np

from ..translator.checkpoint import CheckpointError
from ..translator.translator import Translator, load_translator
from .cache import TranslationCache

#: Styles are whole numbers from 0 to here.
MAX_STYLE = 2**31 - 1
#: Changes when the same checkpoint and frame give other pixels than before.
VERSION = b'2'


class CachedTranslator:
    """The translator of a checkpoint, and the cache of what it made.

    Pickled without its weights: a worker process loads them itself, when it first needs them.

    Args:
        ckpt: see :func:`translator.load_translator`.
        cache_dir: folder for the cache, '' for none.
        cache_max_bytes: what all translators together may keep there.
        cache_format: one of :data:`cache.FORMATS`.
        device: of the translator.

    Raises:
        CheckpointError: at construction, and when the file was replaced since.
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
        # Kept, so that workers that are forked share it.
        self._translator: Translator | None = load_translator(ckpt, device)
        self.digest = self._translator.digest
        self.classes = self._translator.classes
        self.styled = self._translator.colors is not None
        self.cache = None
        if cache_dir:
            self.cache = TranslationCache.open(
                cache_dir, VERSION + self.digest, cache_max_bytes, cache_format
            )

    def key(self, frame: bytes, style: int | None) -> bytes:
        """What a translation is called in the cache."""
        return frame if style is None else _hash(frame, style)

    def read(self, key: bytes) -> tuple[np.ndarray, np.ndarray] | None:
        """A translation out of the cache, or None."""
        return None if self.cache is None else self.cache.read(key)

    def write(
        self, key: bytes, image: np.ndarray, ids: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Keeps a translation; returns it as :meth:`read` would."""
        return (image, ids) if self.cache is None else self.cache.write(key, image, ids)

    @property
    def translator(self) -> Translator:
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
        """The same on another device, loaded when it is first needed; it shares the cache."""
        other = copy.copy(self)
        other.device, other.compile, other._translator = device, compile, None
        return other

    def __getstate__(self) -> dict:
        return self.__dict__ | dict(_translator=None)


def variant_style(frame: bytes, variant: int) -> int:
    """The style of a frame's variant: the same wherever the frame is translated.

    Args:
        frame: :func:`cache.frame_digest` of it.
        variant: its number.
    """
    return int.from_bytes(_hash(frame, variant)[:8], 'little') % (MAX_STYLE + 1)


def _hash(frame: bytes, number: int) -> bytes:
    """16 bytes that stand for a frame and a number."""
    return hashlib.sha256(frame + number.to_bytes(8, 'little')).digest()[:16]
