"""The speed of a SemGAN training step, beside plain steps and the machine's matrix rate."""

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import median

import torch
from mmengine.optim import OptimWrapperDict
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn
from torch.nn import functional
from torch.utils.benchmark import timer

from ...core.encoding import decode_image
from ...core.errors import InputError
from ...engine.optim_wrappers import SemGANOptimWrapperConstructor
from ...models.networks.layers import AMP_DTYPES
from ...models.semgan import SemGAN
from .loader import FULL_SIZE, loader_speed
from .machine import count_flops, matrix_rate, measure_in_turn, peak_mib
from .plain_step import PlainCycleGAN, plain_semgan_step, total

#: Flags of a variant of our step.
FLAGS = ('channels_last', 'compile', 'checkpointing')
PLAIN_SEMGAN, PLAIN_CYCLEGAN = PLAIN = ('plain SemGAN step', 'plain CycleGAN step')
NUM_STRIDED = 3  # of the discriminators: PatchGAN's field of 70


@dataclass(frozen=True)
class TrainingSetting:
    """What all steps of one comparison share; the defaults take minutes on two cores.

    Raises:
        InputError: a size, batch or number of rounds outside its range.
    """

    device: str = 'cpu'
    size: tuple[int, int] = (128, 160)  # (H, W) of the frames, sides from 32 in multiples of 4
    base_channels: int = 32  # of generator and discriminator
    num_blocks: int = 4  # of the generator
    batch_size: int = 1  # frames per domain and step
    num_classes: int = 20
    rounds: int = 5  # turns of each step
    min_run_time: float = 2.0  # seconds of each measurement at least
    matrix_size: int = 1024  # without matrix units for bfloat16, 2048 takes minutes
    frame_size: tuple[int, int] = FULL_SIZE  # (H, W) of the frames that the loader reads

    def __post_init__(self) -> None:
        if min(self.size) < 32 or any(side % 4 for side in self.size):
            raise InputError(
                f'the size is {self.size}, but sides from 32 in multiples of 4 are allowed'
            )
        if min(self.batch_size, self.rounds) < 1:
            raise InputError(
                f'batch {self.batch_size} and rounds {self.rounds} are given, but both begin at 1'
            )

    def semgan(self, variant: str = 'float32') -> SemGAN:
        """The model of a variant; the weights are the same for all."""
        amp, flags = parse_variant(variant)
        torch.manual_seed(0)
        model = SemGAN(
            self.num_classes,
            dict(
                base_channels=self.base_channels,
                num_blocks=self.num_blocks,
                amp_dtype=amp,
                checkpointing='checkpointing' in flags,
            ),
            dict(base_channels=self.base_channels, num_strided=NUM_STRIDED, amp_dtype=amp),
            channels_last='channels_last' in flags,
            compile='compile' in flags,
        )
        model.to(self.device)
        return model

    def step(self, name: str) -> Callable[[], dict]:
        """One step of a variant, or of a name in :data:`PLAIN`, as a function."""
        data = raw_batch(self.num_classes, self.batch_size, self.size)
        model = self.semgan('float32' if name in PLAIN else name)
        if name not in PLAIN:
            optim = optimizers(model)
            return lambda: model.train_step(data, optim)
        batch = model.data_preprocessor(data)
        a, b = batch['source'], batch['target']
        if name == PLAIN_SEMGAN:
            optim = optimizers(model)
            return lambda: plain_semgan_step(model, a, b, optim)
        width = self.base_channels
        cycle = PlainCycleGAN(width, self.num_blocks, width, NUM_STRIDED).to(self.device)
        optim = optimizers(cycle)
        return lambda: cycle.step(a.image, b.image, optim)


#: By device; on a GPU, the paper's networks.
SETTINGS = dict(
    cpu=TrainingSetting(),
    cuda=TrainingSetting(
        device='cuda',
        size=(256, 512),
        base_channels=64,
        num_blocks=9,
        rounds=10,
        min_run_time=1.0,
        matrix_size=8192,
    ),
)


def parse_variant(text: str) -> tuple[str | None, set[str]]:
    """Reads a variant of our step: a dtype, and flags.

    Example:
        >>> parse_variant('bfloat16+compile')
        ('bfloat16', {'compile'})

    Returns:
        The dtype (None for float32) and the flags.

    Raises:
        InputError: an unknown dtype or flag.
    """
    dtype, *flags = text.split('+')
    wrong = [dtype] * (dtype not in ('float32', *AMP_DTYPES)) + [f for f in flags if f not in FLAGS]
    if wrong:
        raise InputError(
            f'{wrong[0]!r} in {text!r} is unknown; a variant is float32 or one of {AMP_DTYPES}, '
            f'and then any of {FLAGS}, joined by +'
        )
    return (None if dtype == 'float32' else dtype), set(flags)


def optimizers(model: nn.Module) -> OptimWrapperDict:
    """Adam for the generators and for the discriminators."""
    adam = dict(optimizer=dict(type='Adam', lr=2e-4, betas=(0.5, 0.999)))
    return SemGANOptimWrapperConstructor(dict(generators=adam, discriminators=adam))(model)


def raw_batch(num_classes: int, n: int, size: tuple[int, int]) -> dict:
    """A batch as a data loader delivers it: blocky class maps, and noise on flat colors."""
    generator = torch.Generator().manual_seed(0)
    inputs, samples = {}, {}
    for domain in ('source', 'target'):
        blocks = (n, 1, size[0] // 16, size[1] // 16)
        coarse = torch.randint(num_classes, blocks, generator=generator)
        ids = functional.interpolate(coarse.float(), size=size).long()
        image = ids / num_classes - 0.5 + 0.2 * torch.randn(n, 3, *size, generator=generator)
        inputs[domain] = list(decode_image(image.clamp(-1, 1)))
        samples[domain] = [SegDataSample(gt_sem_seg=PixelData(data=one)) for one in ids]
    return dict(inputs=inputs, data_samples=samples)


def measure_training(
    setting: TrainingSetting, variants: list[str], dataset: dict | None = None
) -> Iterator[tuple[str, object]]:
    """Measures our step in some variants, both plain steps, the parts of a step and the loader.

    Args:
        setting: what the steps share.
        variants: see :func:`parse_variant`; ratio, MFU and parts are those of the first.
        dataset: config of the UnpairedDataset whose loader is measured; None draws frames.

    Yields:
        Name and value of each measurement when it is made, as ``tools/benchmark_speed.py training
        --json`` writes them; ``rows`` comes twice, the second time with memory and host waits.
    """
    device, names = setting.device, [*variants, *PLAIN]
    dtypes = {name: getattr(torch, parse_variant(name)[0] or 'float32') for name in variants}
    dtypes |= dict.fromkeys(PLAIN, torch.float32)
    yield 'setting', asdict(setting)
    loader = loader_speed(dataset, setting.size, setting.frame_size, setting.min_run_time)
    yield 'loader', loader
    rates = {
        dtype: matrix_rate(device, dtype, setting.matrix_size) for dtype in set(dtypes.values())
    }
    yield 'matrix_tflops', {dtype_name(d): round(rate / 1e12, 3) for d, rate in rates.items()}

    steps = {name: setting.step(name) for name in names}
    # All SemGAN variants do the work of the plain SemGAN step.
    flops = dict.fromkeys(names, count_flops(steps[PLAIN_SEMGAN]))
    flops[PLAIN_CYCLEGAN] = count_flops(steps[PLAIN_CYCLEGAN])
    seconds = measure_in_turn(steps, setting.rounds, setting.min_run_time)
    rows = [
        dict(
            step=name if name in PLAIN else f'ours, {name}',
            dtype=dtype_name(dtypes[name]),
            seconds=round(taken, 5),
            steps_per_second=round(1 / taken, 3),
            images_per_second=round(2 * setting.batch_size / taken, 2),
            ratio_to_plain_step=round(seconds[PLAIN_SEMGAN] / taken, 3),
            ratio_to_plain_cyclegan=round(seconds[PLAIN_CYCLEGAN] / taken, 3),
            tflop=round(flops[name] / 1e12, 4),
            mfu=round(flops[name] / rates[dtypes[name]] / taken, 3),
        )
        for name, taken in seconds.items()
    ]
    workers = math.ceil(loader['seconds_per_pair'] * setting.batch_size / rows[0]['seconds'])
    yield 'loader', loader | dict(workers_that_keep_up=workers)
    yield 'ratio_to_plain_step', rows[0]['ratio_to_plain_step']
    yield 'mfu', rows[0]['mfu']
    yield 'rows', rows
    yield 'parts', parts_of_step(setting, variants[0])
    yield (
        'rows',
        [
            row
            | dict(
                peak_mib=peak_mib(device, _two_steps, setting, name),
                device_waits=device_waits(steps[name], device),
            )
            for name, row in zip(names, rows, strict=True)
        ],
    )


def dtype_name(dtype: torch.dtype) -> str:
    """'float32' for ``torch.float32``."""
    return str(dtype).removeprefix('torch.')


def parts_of_step(setting: TrainingSetting, variant: str) -> dict[str, float]:
    """Median seconds of each part of our step; the device is waited for between the parts."""
    model = setting.semgan(variant)
    optim = optimizers(model)
    data = raw_batch(setting.num_classes, setting.batch_size, setting.size)
    parts = [_timed_parts(model, data, optim) for _ in range(setting.rounds + 1)][1:]
    return {name: round(median(part[name] for part in parts), 5) for name in parts[0]}


def _timed_parts(model: SemGAN, data: dict, optim: OptimWrapperDict) -> dict[str, float]:
    ends = [timer()]
    with model.frozen_discriminators():
        batch = model.data_preprocessor(data, training=True)
        a, b = batch['source'], batch['target']
        log, fake_t, fake_s = model.generator_losses(a, b)
        ends.append(timer())
        optim['generators'].backward(total(log))
        ends.append(timer())
    pooled = model.pool_T.query(fake_t.detach()), model.pool_S.query(fake_s.detach())
    optim['discriminators'].backward(total(model.discriminator_losses(a, b, *pooled)))
    ends.append(timer())
    for wrapper in optim.values():
        wrapper.step()
        wrapper.zero_grad()
    ends.append(timer())
    names = ('G forward', 'G backward', 'D', 'optimizers')
    return {name: end - start for name, start, end in zip(names, ends, ends[1:])}


def _two_steps(setting: TrainingSetting, name: str) -> None:
    """Weights, gradients and the state of the optimizers are there after two steps."""
    step = setting.step(name)
    step(), step()


def device_waits(step: Callable[[], dict], device: str) -> int | None:
    """How often the host waits for the GPU in one step; None on a CPU."""
    if device == 'cpu':
        return None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        torch.cuda.set_sync_debug_mode('warn')
        step()
        torch.cuda.set_sync_debug_mode('default')
    return sum('synchroniz' in str(w.message) for w in caught)
