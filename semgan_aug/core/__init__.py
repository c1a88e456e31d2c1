"""Basics that every folder may import: classes, encoding, errors, files, journals, progress."""
