"""Packaging. Every minimum version says why it is the minimum."""

import runpy
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
# The two families install the same import names (mmengine, mmcv, mmseg) over each other, so
# neither may ever be a hard requirement: each is an extra, and importing semgan_aug without
# one says which command installs it.
MMSEG = [
    'onedl-mmengine>=0.10.12',  # 0.10.11: resuming skips in the sampler, not by replaying frames
    'onedl-mmcv>=2.3.6',  # first tried with opencv 5 and numpy 2
    'onedl-mmsegmentation>=1.4.2',  # carries mmseg/.mim/tools and accepts the mmcv above
    'ftfy>=6.1',  # mmseg imports it (tokeniser) and does not always bring it
]
OPENMMLAB = [
    'mmengine==0.10.7',  # the last upstream release
    'mmcv==2.1.0',  # the last that mmseg 1.2.2 accepts; compiled from its sdist
    'mmsegmentation[multimodal]==1.2.2',  # the last upstream release
    'torch<2.2',  # mmengine 0.10.7 cannot load its own checkpoints on torch >= 2.6; 2.1 was tried
    'numpy<2',  # torch 2.1 is built against numpy 1
]
ONNX = [
    'onnxscript>=0.7.2',  # what torch.onnx writes with, and was tried with; brings onnx
]
DEV = [
    *ONNX,
    'onnxruntime>=1.23',  # runs what the tests export; tried: 1.32, and 1.23 (Python 3.10's last)
    'pytest>=9',  # what the tests were run with
    'pytest-xdist>=3.8',  # likewise: one process a core
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
    python_requires='>=3.10',  # 3.10: the oldest Python that numpy 2.2+ and onedl still serve
    install_requires=[
        'torch>=2.1',  # 2.1: torch.load(mmap=..., weights_only=...), used to read checkpoints
        'torchvision>=0.16',  # the pair of torch 2.1; mmseg imports it
        'numpy>=1.26',  # the pair of torch 2.1; 2.x works
        'opencv-python>=4.11',  # tried: 4.11 and 5.0; mmcv reads images with it
        'rich>=13',  # progress bars; mmengine brings it
        'safetensors>=0.4',  # 0.4: metadata of a file that is read tensor by tensor
    ],
    extras_require={'mmseg': MMSEG, 'openmmlab': OPENMMLAB, 'onnx': ONNX, 'dev': DEV},
)
