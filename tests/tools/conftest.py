"""Fixtures of the tests of the tools."""

from offline_data import gta5, training, translate_tool  # noqa: F401
