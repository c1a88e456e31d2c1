"""Packaging. Each minimum version has its reason beside it."""

import runpy
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
# Both families install the import names mmengine, mmcv and mmseg and overwrite each other. So
# each is an extra, neither is a requirement, and importing semgan_aug without one raises an error
# that names the command to install it.
MMSEG = [
    'onedl-mmengine>=0.10.12',  # 0.10.11: resuming skips in the sampler, not by replaying frames
    'onedl-mmcv>=2.3.6',  # first tested with opencv 5 and numpy 2
    'onedl-mmsegmentation>=1.4.2',  # carries mmseg/.mim/tools and accepts the mmcv above
    'ftfy>=6.1',  # mmseg's tokenizer imports it, and not every release of mmseg requires it
]
OPENMMLAB = [
    'mmengine==0.10.7',  # the last upstream release
    'mmcv==2.1.0',  # the last that mmseg 1.2.2 accepts; compiled from its sdist
    'mmsegmentation[multimodal]==1.2.2',  # the last upstream release
    'torch<2.2',  # mmengine 0.10.7 cannot load its own checkpoints on torch >= 2.6; 2.1 was tested
    'numpy<2',  # torch 2.1 is built against numpy 1
]
ONNX = [
    'onnxscript>=0.7.2',  # torch.onnx writes with it; tested with this version; brings onnx
]
DOCS = [
    'mkdocs>=1.6',  # 1.6: File.generated, with which docs/hooks.py adds pages to the site
    'mkdocs-material>=9.7',  # tested: 9.8.2, and 9.7.7 (Python 3.10's last)
    'mkdocstrings[python]>=1.0',  # 1.0: reads the package with griffelib, as docs/hooks.py does
    # 12 and later break mkdocstrings 1.0.6, the last for Python 3.10 (1.0.8 works with 13).
    'pymdown-extensions<12; python_version < "3.11"',
]
DEV = [
    *ONNX,
    *DOCS,  # tests of docs/hooks.py
    'basedpyright>=1.40',  # tested with 1.40; ships the Node.js that it runs on
    'codespell[toml]>=2.4',  # tested with 2.4; [toml]: Python 3.10 cannot read pyproject.toml
    'onnxruntime>=1.23',  # runs what the tests export; tested: 1.32, and 1.23 (Python 3.10's last)
    'pre-commit>=4.6',  # 4.6 is the last for Python 3.10; tested with 4.7
    'pytest>=9',  # tested with 9.2
    'pytest-xdist>=3.8',  # tested with 3.8: one test process per core
    'ruff>=0.5',  # 0.5: the configuration in pyproject.toml
]

setup(
    name='semgan_aug',
    version=runpy.run_path(str(HERE / 'semgan_aug' / 'version.py'))['__version__'],
    description='SemGAN for mmsegmentation: train on synthetic frames that look like the target',
    long_description=(HERE / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    packages=find_packages(include=['semgan_aug', 'semgan_aug.*']),
    # py.typed: type checkers read our annotations. The templates make the benchmark's page.
    package_data={'semgan_aug': ['py.typed', 'benchmark/*.jinja']},
    python_requires='>=3.10',  # 3.10: the oldest Python that numpy 2.2+ and onedl still serve
    install_requires=[
        'jinja2>=3.1',  # page of the benchmark; torch brings it; tested with 3.1
        'matplotlib>=3.9',  # chart of the benchmark; mmseg brings it; 3.9: first for numpy 2
        'torch>=2.1',  # 2.1: torch.load(mmap=..., weights_only=...), used to read checkpoints
        'torchvision>=0.16',  # the pair of torch 2.1; mmseg imports it
        'numpy>=1.26',  # the pair of torch 2.1; 2.x works
        'opencv-python>=4.11',  # tested: 4.11 and 5.0; mmcv reads images with it
        'rich>=13',  # progress bars; mmengine brings it
        'safetensors>=0.4',  # 0.4: reads metadata without the tensors
    ],
    extras_require={'mmseg': MMSEG, 'openmmlab': OPENMMLAB, 'onnx': ONNX, 'docs': DOCS, 'dev': DEV},
)
