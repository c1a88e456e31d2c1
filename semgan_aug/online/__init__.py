"""The line in the user's config: translates frames while a segmenter trains."""

from .hook import SemGANTranslateHook
from .transform import SemGANTranslate

__all__ = ['SemGANTranslate', 'SemGANTranslateHook']
