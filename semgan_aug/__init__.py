"""SemGAN for OpenMMLab; importing this package registers its classes with mmseg."""

import importlib.util

from .core import launcher  # noqa: F401  (first: it reads the parent process id)

_missing = [name for name in ('mmengine', 'mmcv', 'mmseg') if not importlib.util.find_spec(name)]
if _missing:
    raise ImportError(
        f'semgan_aug needs {", ".join(_missing)}; install the maintained family with '
        '`pip install "semgan_aug[mmseg]"`, or upstream with `pip install "semgan_aug[openmmlab]"`'
    )

from . import datasets, engine, evaluation, models, transforms  # noqa: E402, F401
from .online import SemGANTranslate  # noqa: E402
from .translator import Translator, load_translator  # noqa: E402
from .version import __version__  # noqa: E402

__all__ = ['SemGANTranslate', 'Translator', '__version__', 'load_translator']
