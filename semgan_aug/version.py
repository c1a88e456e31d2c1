"""The version of the package. setup.py reads it; CITATION.cff repeats it."""

__version__ = '0.2.0'
