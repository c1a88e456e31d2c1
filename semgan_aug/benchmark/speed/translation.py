"""The speed of translation: offline, its memory, and its cost in a training of mmseg."""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import DATASETS, HOOKS
from torch.utils.benchmark import timer

from ...core.errors import InputError
from ...models.class_colors import ClassColorBank
from ...models.networks import PairGenerator
from ...translator.card import Card
from ...translator.export import safetensors_bytes
from ...translator.strips import translate_in_strips
from ...translator.translator import load_translator
from ..suite import CONFIG_ROOT
from .loader import folder_dataset, write_frames
from .machine import count_flops, matrix_rate, measure, peak_mib

#: Ways of SemGANTranslate in a training; 'none' trains without it.
WAYS = ('none', 'cache_warm', 'gpu_batch', 'cpu_worker')
SEGMENTER = 'deeplabv3plus/deeplabv3plus_r50_40k_gta2cityscapes-768x768.py'


@dataclass(frozen=True)
class TranslationSetting:
    """What is measured; the defaults take minutes on two cores.

    Raises:
        InputError: a number of rounds, iterations or workers outside its range.
    """

    device: str = 'cpu'
    config: str = str(CONFIG_ROOT / SEGMENTER)  # the segmenter and its optimizer
    frame: tuple[int, int] = (526, 957)  # (H, W): half a GTA5 frame
    crop: tuple[int, int] = (128, 256)  # (H, W) that the segmenter is trained on
    generator: dict = field(
        default_factory=lambda: dict(
            base_channels=24, num_blocks=4, skip=True, amp_dtype='bfloat16'
        )
    )
    compile: bool = True  # measure the translator compiled as well
    frames: int = 4  # drawn frames
    batch_size: int = 2
    workers: int = 1  # of the data loader
    warm_up: int = 1  # iterations before the clock starts
    iterations: int = 4  # measured iterations
    rounds: int = 3  # turns of each way
    memory: tuple[tuple[int, int], ...] = ((526, 957), (1052, 1914))  # (H, W) of the frames
    matrix_size: int = 1024  # without matrix units for bfloat16, 2048 takes minutes

    def __post_init__(self) -> None:
        if self.rounds < 1 or self.iterations < 1 or self.workers < 0:
            raise InputError(
                f'rounds {self.rounds}, iterations {self.iterations} and workers {self.workers} '
                'are given, but 1, 1 and 0 or more are allowed'
            )


#: By device; on a GPU, GTA5 frames and the paper's generator.
SETTINGS = dict(
    cpu=TranslationSetting(),
    cuda=TranslationSetting(
        device='cuda',
        frame=(1052, 1914),
        crop=(512, 1024),
        generator=dict(base_channels=64, num_blocks=9, amp_dtype='bfloat16'),
        frames=16,
        batch_size=4,
        workers=14,
        warm_up=10,
        iterations=40,
        memory=((256, 512), (526, 957), (1052, 1914), (2160, 3840), (4320, 7680)),
        matrix_size=8192,
    ),
)


def measure_translation(setting: TranslationSetting) -> Iterator[tuple[str, object]]:
    """Measures a translator of random weights, which is as fast as a trained one.

    Yields:
        Name and value of each measurement when it is made, as ``tools/benchmark_speed.py
        translation --json`` writes them.
    """
    yield 'setting', asdict(replace(setting, config=Path(setting.config).stem))
    num_classes = Config.fromfile(setting.config).model.decode_head.num_classes
    with tempfile.TemporaryDirectory() as folder:
        frames = Path(folder)
        ckpt = frames / 'translator.safetensors'
        write_translator(ckpt, num_classes, setting.generator)
        write_frames(frames, setting.frames, setting.frame, num_classes)
        offline = measure_offline(ckpt, frames, setting)
        yield 'offline', offline
        # As tools/translate_dataset.py reaches it: with --compile, if that was measured.
        yield 'mfu', max(offline['mfu'], offline['compiled_mfu'] or 0.0)
        yield 'memory', measure_memory(ckpt, setting)
        seconds, ratios = measure_ways(ckpt, frames, setting, num_classes)
        yield 'seconds_per_iteration', seconds
        yield 'throughput_ratio', ratios


def write_translator(path: Path, num_classes: int, generator: dict) -> None:
    """Writes a translator of random weights with class colors."""
    torch.manual_seed(0)
    bank = ClassColorBank(num_classes, 20)
    bank.add(torch.rand(20, num_classes + 1, 2, 3))
    parts = dict(generator=PairGenerator(num_classes, **generator), colors=bank)
    card = Card(
        method='SemGAN',
        classes=[str(k) for k in range(num_classes)],
        palette=[[k] * 3 for k in range(num_classes)],
        generator=generator,
        class_colors=True,
    )
    weights = {part: module.state_dict() for part, module in parts.items()}
    path.write_bytes(safetensors_bytes(card, weights, torch.float32))


def measure_offline(ckpt: Path, frames: Path, setting: TranslationSetting) -> dict:
    """Frames per second of a translator.

    Returns:
        ``seconds_per_frame`` of the translation (uint8 in, uint8 out, on the device); its
        ``tflop``; ``matrix_tflops``, the matrix rate of the dtype that it runs in; ``mfu``, the
        share of that rate which it reaches; ``compiled_seconds_per_frame`` and ``compiled_mfu``
        (None if not measured).
    """
    translator = load_translator(ckpt, setting.device)
    file = frames / 'images' / '0.png'
    image = torch.from_numpy(cv2.imread(str(file))).permute(2, 0, 1)[None].to(setting.device)
    ids = np.asarray(cv2.imread(str(frames / 'labels' / file.name), cv2.IMREAD_GRAYSCALE))
    labels = torch.from_numpy(ids)[None].to(setting.device)

    def translate() -> object:
        return translator.translate_batch(image, labels, [0])

    taken = measure(translate).median
    flops = count_flops(translate)
    rate = matrix_rate(setting.device, translator.dtype, setting.matrix_size)
    compiled = None
    if setting.compile:
        try:
            translator.compile()
            translate(), translate()
            compiled = measure(translate).median
        except InputError as error:  # this machine has no compiler
            print(error)
    return dict(
        size=list(ids.shape),
        dtype=str(translator.dtype).removeprefix('torch.'),
        seconds_per_frame=round(taken, 5),
        frames_per_second=round(1 / taken, 3),
        tflop=round(flops / 1e12, 4),
        matrix_tflops=round(rate / 1e12, 3),
        mfu=round(flops / rate / taken, 3),
        compiled_seconds_per_frame=compiled and round(compiled, 5),
        compiled_mfu=compiled and round(flops / rate / compiled, 3),
    )


def measure_memory(ckpt: Path, setting: TranslationSetting) -> list[dict]:
    """Peak MiB of translating one frame of each size, in one pass and in strips."""

    def peak(size: tuple[int, int], in_strips: bool) -> int | None:
        return peak_mib(setting.device, _translate_one, ckpt, setting.device, size, in_strips)

    return [
        dict(size=list(size), whole_mib=peak(size, False), strips_mib=peak(size, True))
        for size in setting.memory
    ]


def _translate_one(ckpt: Path, device: str, size: tuple[int, int], in_strips: bool) -> None:
    translator = load_translator(ckpt, device)
    image = torch.randint(256, (1, 3, *size), dtype=torch.uint8)
    ids = torch.randint(len(translator.classes), (1, *size), dtype=torch.uint8)
    style = translator.draw_colors([0])
    if in_strips:
        translate_in_strips(translator.network, image, ids, style)
    else:
        with torch.inference_mode():
            translator.network(image.to(device), ids.to(device), style)


@HOOKS.register_module()
class ClockHook(Hook):
    """Notes when each iteration ended, in seconds; the device is waited for."""

    priority = 'LOWEST'

    def __init__(self) -> None:
        self.ends: list[float] = []

    def after_train_iter(self, *args: object, **kwargs: object) -> None:
        self.ends.append(timer())


def measure_ways(
    ckpt: Path, frames: Path, setting: TranslationSetting, num_classes: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Measures a training of mmseg in each of :data:`WAYS`, the ways taking turns.

    Returns:
        Way to median seconds per iteration, the data loader included; and way to its throughput
        over that without translation (the median of the ratios within each round).
    """
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    classes = [str(k) for k in range(num_classes)]
    with tempfile.TemporaryDirectory() as cache:
        datasets = {
            way: folder_dataset(frames, classes, _pipeline(way, ckpt, setting.crop, cache))
            for way in WAYS
        }
        warm = DATASETS.build(datasets['cache_warm'])
        for index in range(len(warm)):
            warm[index]
        for _ in range(setting.rounds):
            for way in WAYS:
                times[way].append(_loop_seconds(setting, way, datasets[way]))
    ratios = {
        way: round(median(none / own for none, own in zip(times['none'], times[way])), 3)
        for way in WAYS[1:]
    }
    return {way: round(median(taken), 4) for way, taken in times.items()}, ratios


def _pipeline(way: str, ckpt: Path, crop_size: tuple[int, int], cache: str) -> list[dict]:
    """A user's training pipeline.

    The cache keeps whole frames, so it comes before the crop. The other ways translate the crop
    only, which is what the segmenter is trained on.
    """
    crop = dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=1.0)
    step = dict(type='SemGANTranslate', ckpt=str(ckpt), variants=1)
    middle = dict(
        none=[crop],
        cache_warm=[dict(step, cache_dir=cache), crop],
        gpu_batch=[crop, dict(step, device='cuda')],
        cpu_worker=[crop, dict(step, cache_dir='')],
    )
    load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
    return [*load, *middle[way], dict(type='PackSegInputs')]


def _loop_seconds(setting: TranslationSetting, way: str, dataset: dict) -> float:
    """Seconds per iteration of one training."""
    base, on_gpu = Config.fromfile(setting.config), setting.device == 'cuda'
    base.model.backbone.pop('init_cfg', None)  # random weights are as fast
    amp = dict(type='AmpOptimWrapper', dtype='bfloat16') if on_gpu else {}
    hooks = [dict(type='ClockHook')]
    if way == 'gpu_batch':
        hooks.append(dict(type='SemGANTranslateHook', device=setting.device))
    with tempfile.TemporaryDirectory() as folder:
        cfg = dict(
            default_scope='mmseg',
            env_cfg=base.env_cfg,
            work_dir=folder,
            experiment_name=f'{way}-{timer()}',
            log_level='WARNING',
            model=base.model,
            optim_wrapper=base.optim_wrapper.to_dict() | amp,
            train_dataloader=dict(
                batch_size=setting.batch_size,
                num_workers=setting.workers,
                persistent_workers=setting.workers > 0,
                pin_memory=on_gpu,
                sampler=dict(type='InfiniteSampler', shuffle=True),
                dataset=dataset,
            ),
            train_cfg=dict(
                type='IterBasedTrainLoop', max_iters=setting.warm_up + setting.iterations
            ),
            default_hooks=dict(checkpoint=None, logger=None),
            custom_hooks=hooks,
            randomness=dict(seed=0),
        )
        runner = Runner.from_cfg(Config(cfg))
        runner.train()
    ends = next(hook for hook in runner.hooks if isinstance(hook, ClockHook)).ends
    return (ends[-1] - ends[setting.warm_up - 1]) / setting.iterations
