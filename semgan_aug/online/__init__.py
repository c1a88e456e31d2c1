"""Translation during the training of a segmenter: a transform, a hook and a cache."""

from .hook import SemGANTranslateHook
from .transform import SemGANTranslate

__all__ = ['SemGANTranslate', 'SemGANTranslateHook']
