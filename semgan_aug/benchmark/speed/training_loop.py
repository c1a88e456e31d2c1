"""What each way of SemGANTranslate costs a training of mmseg: the same loop with and without it."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import DATASETS, HOOKS

from ...models.class_colors import ClassColorBank
from ...models.networks import PairGenerator
from ...translator.card import Card
from ...translator.export import safetensors_bytes
from .loader import folder_dataset
from .machine import synchronize

WAYS = ('none', 'cache_warm', 'gpu_batch', 'cpu_worker')


@dataclass
class LoopSetting:
    """What all ways share.

    Attributes:
        device: 'cpu' or 'cuda'.
        config: mmseg config whose model and optimizer are trained.
        frames: folder with ``images`` and ``labels``.
        ckpt: the translator.
        crop: (H, W) of the crops that the segmenter is trained on.
        batch_size: of the segmenter.
        workers: of the loader.
        warm_up: iterations before the clock starts.
        iterations: measured ones.
        amp: train the segmenter in bfloat16.
    """

    device: str
    config: str
    frames: Path
    ckpt: Path
    crop: tuple[int, int]
    batch_size: int
    workers: int
    warm_up: int
    iterations: int
    amp: bool


@HOOKS.register_module()
class ClockHook(Hook):
    """When each iteration ended, in seconds."""

    priority = 'LOWEST'

    def __init__(self, device: str) -> None:
        self.device = device
        self.ends: list[float] = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        synchronize(self.device)
        self.ends.append(time.perf_counter())


def write_translator(path: Path, classes: list[str], generator: dict) -> None:
    """A translator of random weights with class colors: as fast as a trained one."""
    torch.manual_seed(0)
    bank = ClassColorBank(len(classes), 20)
    bank.add(torch.rand(20, len(classes) + 1, 2, 3))
    parts = dict(generator=PairGenerator(len(classes), **generator), colors=bank)
    card = Card(
        method='SemGAN',
        classes=classes,
        palette=[[k] * 3 for k in range(len(classes))],
        generator=generator,
        class_colors=True,
    )
    weights = {part: module.state_dict() for part, module in parts.items()}
    path.write_bytes(safetensors_bytes(card, weights, torch.float32))


def pipeline(setting: LoopSetting, way: str, cache: str) -> list[dict]:
    """A user's training pipeline: crops of frames, translated in one of :data:`WAYS`.

    The cache keeps whole frames, so it stands before the crop; the other ways translate no more
    than is trained on.
    """
    crop = dict(type='RandomCrop', crop_size=setting.crop, cat_max_ratio=1.0)
    step = dict(type='SemGANTranslate', ckpt=str(setting.ckpt), variants=1)
    middle = {
        'none': [crop],
        'cache_warm': [dict(step, cache_dir=cache), crop],
        'gpu_batch': [crop, dict(step, device='cuda')],
        'cpu_worker': [crop, dict(step, cache_dir='')],
    }[way]
    return [
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        *middle,
        dict(type='PackSegInputs'),
    ]


def dataset(setting: LoopSetting, way: str, cache: str, classes: list[str]) -> dict:
    """Config of the dataset over the frames."""
    return folder_dataset(setting.frames, classes, pipeline(setting, way, cache))


def loop_seconds(setting: LoopSetting, way: str, cache: str, classes: list[str]) -> float:
    """Seconds per iteration of mmseg's training loop, the data loader included."""
    base = Config.fromfile(setting.config)
    optim = base.optim_wrapper.to_dict() | (
        dict(type='AmpOptimWrapper', dtype='bfloat16') if setting.amp else {}
    )
    with tempfile.TemporaryDirectory() as folder:
        cfg = dict(
            default_scope='mmseg',
            env_cfg=base.env_cfg,
            work_dir=folder,
            experiment_name=f'{way}-{time.perf_counter_ns()}',
            log_level='WARNING',
            model=base.model,
            optim_wrapper=optim,
            train_dataloader=dict(
                batch_size=setting.batch_size,
                num_workers=setting.workers,
                persistent_workers=setting.workers > 0,
                pin_memory=setting.device == 'cuda',
                sampler=dict(type='InfiniteSampler', shuffle=True),
                dataset=dataset(setting, way, cache, classes),
            ),
            train_cfg=dict(
                type='IterBasedTrainLoop', max_iters=setting.warm_up + setting.iterations
            ),
            default_hooks=dict(checkpoint=None, logger=None),
            custom_hooks=[dict(type='ClockHook', device=setting.device)],
            randomness=dict(seed=0),
        )
        if way == 'gpu_batch':
            cfg['custom_hooks'].append(dict(type='SemGANTranslateHook', device=setting.device))
        runner = Runner.from_cfg(Config(cfg))
        runner.train()
    ends = next(hook for hook in runner.hooks if isinstance(hook, ClockHook)).ends
    return (ends[-1] - ends[setting.warm_up - 1]) / setting.iterations


def measure_ways(setting: LoopSetting, classes: list[str], rounds: int) -> dict:
    """Each way and no transform at all, in turn.

    Returns:
        ``seconds`` per iteration (medians over the rounds) and ``throughput_ratio`` (the median of
        the ratios within each round), per way.
    """
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as cache:
        warm = DATASETS.build(dataset(setting, 'cache_warm', cache, classes))
        for index in range(len(warm)):
            warm[index]
        for _ in range(rounds):
            for way in WAYS:
                times[way].append(loop_seconds(setting, way, cache, classes))
    ratios = {
        way: round(median(none / own for none, own in zip(times['none'], times[way])), 3)
        for way in WAYS[1:]
    }
    return dict(
        seconds={way: round(median(taken), 4) for way, taken in times.items()},
        throughput_ratio=ratios,
    )
