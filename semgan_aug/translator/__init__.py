"""A trained generator as a function on frames."""

from .translator import Translator, load_translator

__all__ = ['Translator', 'load_translator']
