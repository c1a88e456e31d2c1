"""Drawn GTA5 folders."""

from pathlib import Path

import pytest
import tiny


@pytest.fixture
def gta5(tmp_path) -> Path:
    """Two frames of 4 x 35; each column of the label holds one of the ids 0 ... 34."""
    for stem in ('00001', '00002'):
        tiny.write_pair(tmp_path, stem, range(35))
    return tmp_path


@pytest.fixture
def roads(tmp_path) -> Path:
    """Ten frames of road of 4 x 8; 00003 has 4 pixels of rider besides."""
    for n in range(1, 11):
        tiny.write_pair(tmp_path, f'{n:05d}', [7] * 7 + [25 if n == 3 else 7])
    return tmp_path
