"""Small configs, models, batches and data on disk that several tests build."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.structures import PixelData
from mmseg.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS
from mmseg.structures import SegDataSample
from PIL import Image

from semgan_aug.core.classes import MINISTREETS
from semgan_aug.models.class_colors import measure_style

REPO = Path(__file__).resolve().parents[1]
NUM_CLASSES = 10  # of MiniStreets

GENERATOR = dict(base_channels=4, num_blocks=1)
DISCRIMINATOR = dict(base_channels=4, num_strided=1)

TRANSLATOR_CONFIG = """
_base_ = {bases}
model = {model}
pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='CheckPair'),
    dict(type='RandomCrop', crop_size=(16, 24)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
frames = dict(
    type='MiniStreetsDataset', size=(24, 32), data_root='{data}', pipeline=pipeline)
train_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='SeededInfiniteSampler', shuffle=True),
    dataset=dict(
        type='UnpairedDataset',
        source=dict(domain='game', num_frames=3, **frames),
        target=dict(domain='camera', num_frames=2, **frames),
    ),
)
train_cfg = dict(max_iters={iters})
param_scheduler = []
default_hooks = dict(
    logger=dict(interval=1), checkpoint=dict(interval={interval}, max_keep_ckpts=-1))
visualizer = dict(name='{name}')
"""


def write_semgan_config(
    folder: Path, data: Path, iters: int = 4, interval: int = 2, method: str | None = None
) -> Path:
    """A config over our bases, so tiny that an iteration takes hundredths of a second.

    Its method is SemGAN, or ``method``, one of :data:`BASELINES`.
    """
    path = folder / 'tiny_semgan.py'
    bases = ['schedules/gan_400.py', 'translator_runtime.py']
    if method is None:
        bases.append('models/semgan_r4w24-skip.py')
        model = dict(generator=GENERATOR, discriminator=DISCRIMINATOR, pool_size=2, ema_decay=0.0)
    else:
        model = dict(type=method, **BASELINES[method])
    path.write_text(
        TRANSLATOR_CONFIG.format(
            bases=[str(REPO / 'mmseg_configs/_base_' / base) for base in bases],
            model=dict(model, num_classes=NUM_CLASSES),
            data=data,
            iters=iters,
            interval=interval,
            # mmengine keeps visualizers by name for the life of a process.
            name=f'visualizer {folder}',
        )
    )
    return path


def build_semgan(**changes):
    """A tiny SemGAN and its optimizers."""
    cfg = dict(type='SemGAN', num_classes=3, generator=GENERATOR, discriminator=DISCRIMINATOR)
    model = MODELS.build(cfg | changes)
    adam = dict(type='Adam', lr=2e-3, betas=(0.5, 0.999))
    constructor = OPTIM_WRAPPER_CONSTRUCTORS.build(
        dict(
            type='SemGANOptimWrapperConstructor',
            optim_wrapper_cfg=dict(
                generators=dict(optimizer=adam), discriminators=dict(optimizer=adam)
            ),
        )
    )
    return model, constructor(model)


#: The baselines with tiny networks, as :func:`write_semgan_config` takes them.
BASELINES = {
    'CycleGAN': dict(generator=GENERATOR, discriminator=DISCRIMINATOR),
    'SGGAN': dict(
        generator=GENERATOR, discriminator=DISCRIMINATOR, classes=list(MINISTREETS.classes)
    ),
    'UNIT': dict(generator=GENERATOR, discriminator=dict(base_channels=4, num_scales=1)),
}


def sample(ids: torch.Tensor) -> SegDataSample:
    return SegDataSample(gt_sem_seg=PixelData(data=ids[None].long()))


def batch(num_classes: int = 3, size=(16, 16), seed: int = 0, n: int = 1, ignored: int = 2) -> dict:
    """A collated batch of blocky class maps; the first ``ignored`` rows are 255."""
    rng = np.random.default_rng(seed)
    inputs, samples = {}, {}
    for domain in ('source', 'target'):
        inputs[domain], samples[domain] = [], []
        for _ in range(n):
            coarse = rng.integers(0, num_classes, (size[0] // 4, size[1] // 4))
            ids = torch.from_numpy(np.kron(coarse, np.ones((4, 4), int)))
            image = (ids * 60 + (30 if domain == 'target' else 0)).to(torch.uint8)
            ids[:ignored] = 255
            inputs[domain].append(image.expand(3, *size).contiguous())
            samples[domain].append(sample(ids))
    return dict(inputs=inputs, data_samples=samples)


def write_frames(root: Path, ids_of_frames: list[np.ndarray], step: int = 20) -> None:
    """``images/*.png`` whose gray value is id * step, and ``labels/*.png`` with the ids."""
    for folder in ('images', 'labels'):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for i, ids in enumerate(ids_of_frames):
        image = np.repeat((ids * step).astype(np.uint8)[..., None], 3, 2)
        cv2.imwrite(str(root / 'images' / f'{i}.png'), image)
        cv2.imwrite(str(root / 'labels' / f'{i}.png'), ids.astype(np.uint8))


def folder_dataset(root: Path, classes=('a', 'b', 'c'), pipeline=None, **more) -> dict:
    """Config of a plain mmseg dataset over what :func:`write_frames` wrote."""
    if pipeline is None:
        pipeline = ['LoadImageFromFile', 'LoadAnnotations', 'PackSegInputs']
        pipeline = [dict(type=name) for name in pipeline]
    return dict(
        type='BaseSegDataset',
        data_root=str(root),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        img_suffix='.png',
        seg_map_suffix='.png',
        metainfo=dict(classes=list(classes), palette=[[9 * i] * 3 for i in range(len(classes))]),
        pipeline=pipeline,
        **more,
    )


def environment(**more) -> dict:
    """For child processes: one thread, no GPU, our interpreter and package first."""
    ours = dict(
        OMP_NUM_THREADS='1',
        CUDA_VISIBLE_DEVICES='-1',
        PATH=f'{Path(sys.executable).parent}:{os.environ["PATH"]}',
        PYTHONPATH=str(REPO),
    )
    return os.environ | ours | more


def fill_banks(model, seed=0):
    """Gives each bank of class colors one more frame that has all classes, and the model back."""
    frames = model.data_preprocessor(batch(size=(48, 48), seed=seed))
    model.colors_S.add(measure_style(frames['source'].pair))
    model.colors_T.add(measure_style(frames['target'].pair))
    return model


def free_port() -> str:
    """Of this machine, for torch's launcher: other tests may run beside this one."""
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return str(one.getsockname()[1])


def call(*command, cwd: Path, **env) -> subprocess.CompletedProcess:
    """Runs a command to its end; stdout and stderr come back together."""
    return subprocess.run(
        [str(c) for c in command],
        cwd=cwd,
        env=environment(**env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


def kill_when(process: subprocess.Popen, condition, timeout: float = 120, after: float = 0) -> None:
    """kill -9 ``after`` seconds after ``condition()`` holds; fails if the process ends before that.

    Only that process is killed; comes back when all that it had started are gone, too.
    """
    limit = time.monotonic() + timeout
    while not condition():
        assert process.poll() is None, 'the process ended before it could be killed'
        assert time.monotonic() < limit, 'what the test waits for did not happen'
        time.sleep(0.02)
    time.sleep(after)
    children = descendants(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    while any(Path(f'/proc/{pid}/cmdline').exists() for pid in children):
        assert time.monotonic() < limit + after, f'still running: {children}'
        time.sleep(0.02)


def descendants(pid: int) -> list[int]:
    """Every process that a process has started, and theirs."""
    found = []
    for path in Path(f'/proc/{pid}/task').glob('*/children'):
        for child in map(int, path.read_text().split()):
            found += [child, *descendants(child)]
    return found


def assert_one_sentence(message: str) -> None:
    """What a user reads is one line that ends a thought, without a traceback."""
    message = message.strip()
    assert message and '\n' not in message and 'Traceback' not in message, message


class Hostile:
    """Creates a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f'touch {self.path}',)


def write_pair(root, stem, ids, image_size=None):
    """An image and a palette label PNG whose columns hold ``ids``."""
    label = np.tile(np.asarray(ids, np.uint8), (4, 1))
    height, width = image_size or label.shape
    for folder in ('images', 'labels'):
        (root / folder).mkdir(exist_ok=True)
    cv2.imwrite(str(root / 'images' / f'{stem}.png'), np.zeros((height, width, 3), np.uint8))
    png = Image.fromarray(label)
    png.putpalette([255 - i // 3 for i in range(768)])
    png.save(root / 'labels' / f'{stem}.png')
