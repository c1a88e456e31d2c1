"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope
from mmseg.utils import register_all_modules

REPO = Path(__file__).resolve().parents[1]


def pytest_configure() -> None:
    """What a user's config does with ``default_scope = 'mmseg'``."""
    if DefaultScope.get_current_instance() is None:
        register_all_modules(init_default_scope=True)


@pytest.fixture(scope='session')
def semgan_data() -> Path:
    """Folder of the real data (see its README): ``SEMGAN_DATA``, or ``../shared/data``."""
    folder = Path(os.environ.get('SEMGAN_DATA', REPO.parent / 'shared' / 'data'))
    if not folder.is_dir():
        pytest.skip(f'real data is absent: SEMGAN_DATA or {folder} does not exist')
    return folder
