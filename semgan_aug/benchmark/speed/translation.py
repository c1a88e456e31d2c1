"""The speed of translation: offline, its memory, and its cost in a training of mmseg."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.registry import DATASETS
from torch import Tensor
from torch.utils.benchmark import timer

from ...core.checks import require_whole
from ...core.classes import MINISTREETS
from ...core.errors import InputError
from ...models.class_colors import ClassColorBank
from ...models.networks import PairGenerator
from ...translator.card import Card
from ...translator.export import safetensors_bytes
from ...translator.strips import translate_in_strips
from ...translator.translator import load_translator
from ..suite import CONFIG_ROOT
from .machine import Work, count_flops, measure_rows, peak_mib

#: Ways of SemGANTranslate in a training; 'none' trains without it.
WAYS = ('none', 'cache_warm', 'gpu_batch', 'cpu_worker')
SEGMENTER = 'deeplabv3plus/deeplabv3plus_r50_40k_gta2cityscapes-768x768.py'

NUM_CLASSES = len(MINISTREETS.classes)


@dataclass(frozen=True)
class TranslationSetting:
    """What is measured; the defaults take minutes on two cores.

    Raises:
        InputError: a value outside its range.
    """

    device: str = 'cpu'
    config: str = str(CONFIG_ROOT / SEGMENTER)  # the segmenter and its optimizer
    frame: tuple[int, int] = (526, 957)  # (H, W): half a GTA5 frame
    crop: tuple[int, int] = (128, 256)  # (H, W) that the segmenter is trained on
    base_channels: int = 24  # of the generator, in bfloat16
    num_blocks: int = 4
    batch_size: int = 2
    workers: int = 1  # of the data loader
    iterations: int = 4  # measured ones of each training, after a quarter as many
    rounds: int = 3  # turns of each way
    memory: tuple[tuple[int, int], ...] = ((526, 957), (1052, 1914))  # (H, W) of the frames

    def __post_init__(self) -> None:
        for name, low in dict(rounds=1, iterations=1, workers=0).items():
            require_whole('', f'--{name}', getattr(self, name), low)


#: By device; on a GPU, GTA5 frames and the paper's generator.
SETTINGS = dict(
    cpu=TranslationSetting(),
    cuda=TranslationSetting(
        'cuda',
        frame=(1052, 1914),
        crop=(512, 1024),
        base_channels=64,
        num_blocks=9,
        batch_size=4,
        workers=14,
        iterations=40,
        memory=((256, 512), (526, 957), (1052, 1914), (2160, 3840), (4320, 7680)),
    ),
)


def measure_translation(setting: TranslationSetting) -> Iterator[tuple[str, object]]:
    """Measures a translator of random weights, which is as fast as a trained one.

    Yields:
        Name and value of each measurement when it is made, as ``tools/benchmark_speed.py
        translation --json`` writes them.
    """
    with tempfile.TemporaryDirectory() as folder:
        ckpt = Path(folder) / 'translator.safetensors'
        write_translator(ckpt, setting.base_channels, setting.num_blocks)
        offline = measure_offline(ckpt, setting)
        yield 'offline', offline
        yield 'mfu', max(row['mfu'] for row in offline)
        yield 'memory', measure_memory(ckpt, setting)
        seconds = measure_ways(ckpt, setting)
        yield 'seconds_per_iteration', {way: round(taken, 4) for way, taken in seconds.items()}
        ratios = {way: round(seconds['none'] / seconds[way], 3) for way in WAYS[1:]}
        yield 'throughput_ratio', ratios


def write_translator(path: Path, base_channels: int, num_blocks: int) -> None:
    """Writes a bfloat16 translator of MiniStreets, of random weights, with class colors."""
    torch.manual_seed(0)
    generator: dict[str, Any] = dict(base_channels=base_channels, num_blocks=num_blocks)
    generator |= dict(skip=True, amp_dtype='bfloat16')
    bank = ClassColorBank(NUM_CLASSES, 20)
    bank.add(torch.rand(20, NUM_CLASSES + 1, 2, 3))
    parts = dict(generator=PairGenerator(NUM_CLASSES, **generator), colors=bank)
    classes, palette = list(MINISTREETS.classes), [list(color) for color in MINISTREETS.palette]
    card = Card('SemGAN', classes, palette, generator, class_colors=True)
    weights = {part: module.state_dict() for part, module in parts.items()}
    path.write_bytes(safetensors_bytes(card, weights, torch.float32))


def measure_offline(ckpt: Path, setting: TranslationSetting) -> list[dict]:
    """Rows of translating a frame as it is and compiled (uint8 in, uint8 out, on the device).

    The second row is left out, and the reason printed, on a machine without a compiler.
    """
    image, ids = (x.to(setting.device) for x in random_frame(setting.frame))

    def work(compiled: bool) -> Callable[[], object]:
        translator = load_translator(ckpt, setting.device, compiled)
        return lambda: translator.translate_batch(image, ids, [0])

    calls = dict(eager=work(compiled=False))
    flops = count_flops(calls['eager'])
    try:
        calls['compiled'] = work(compiled=True)
    except InputError as error:
        print(error)
    dtype = load_translator(ckpt, setting.device).dtype
    works = {name: Work(call, dtype, flops) for name, call in calls.items()}
    return measure_rows(works, setting.device, setting.rounds)


def random_frame(size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Image (1, 3, H, W) and class ids (1, H, W), uint8."""
    image = torch.randint(256, (1, 3, *size), dtype=torch.uint8)
    return image, torch.randint(NUM_CLASSES, (1, *size), dtype=torch.uint8)


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
    image, ids = random_frame(size)
    style = translator.draw_colors([0])
    if in_strips:
        translate_in_strips(translator.network, image, ids, style)
    else:
        with torch.inference_mode():
            translator.network(image.to(device), ids.to(device), style)


def measure_ways(ckpt: Path, setting: TranslationSetting) -> dict[str, float]:
    """Median seconds per iteration of mmseg's training in each of :data:`WAYS`.

    The data loader is included. The ways take turns.
    """
    frames = dict(type='MiniStreetsDataset', domain='game', num_frames=4, size=setting.frame)
    with tempfile.TemporaryDirectory() as folder:
        frames['data_root'] = folder
        datasets = {
            way: dict(frames, pipeline=_pipeline(way, ckpt, setting.crop, f'{folder}/cache'))
            for way in WAYS
        }
        warm = DATASETS.build(datasets['cache_warm'])
        for index in range(len(warm)):
            warm[index]
        turns = [
            {way: _loop_seconds(setting, way, datasets[way]) for way in WAYS}
            for _ in range(setting.rounds)
        ]
    return {way: median(turn[way] for turn in turns) for way in WAYS}


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
    """Seconds per iteration of one training, by the clock of mmengine's IterTimerHook."""
    warm_up = max(1, setting.iterations // 4)
    cfg = Config.fromfile(setting.config)
    cfg.model.backbone.pop('init_cfg', None)  # random weights are as fast
    cfg.train_dataloader.update(
        batch_size=setting.batch_size,
        num_workers=setting.workers,
        persistent_workers=setting.workers > 0,
        dataset=dataset,
    )
    cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=warm_up + setting.iterations)
    for split in ('val', 'test'):
        cfg.update({f'{split}_{part}': None for part in ('dataloader', 'cfg', 'evaluator')})
    cfg.default_hooks = dict(checkpoint=None, logger=None)
    cfg.visualizer, cfg.custom_hooks = None, []
    if way == 'gpu_batch':
        cfg.custom_hooks = [dict(type='SemGANTranslateHook', device=setting.device)]
    if setting.device == 'cuda':
        cfg.train_dataloader.pin_memory = True
        cfg.optim_wrapper.update(type='AmpOptimWrapper', dtype='bfloat16')
    cfg.log_level, cfg.experiment_name = 'WARNING', f'{way}-{timer()}'
    with tempfile.TemporaryDirectory() as cfg.work_dir:
        runner = Runner.from_cfg(cfg)
        runner.train()
    history, _ = runner.message_hub.get_scalar('train/time').data
    return float(mean(history[warm_up:]))
