"""The speed of a SemGAN training step, beside plain steps and the machine's matrix rate."""

import math
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapperDict
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn
from torch.utils.benchmark import timer

from ...core.checks import require, require_whole
from ...core.errors import InputError
from ...engine.optim_wrappers import SemGANOptimWrapperConstructor
from ...models.cyclegan import CycleGAN
from ...models.losses import total
from ...models.networks.layers import AMP_DTYPES
from ...models.semgan import SemGAN
from .loader import full_size_pairs, loader_seconds
from .machine import Work, count_flops, measure_rows, peak_mib
from .plain_step import plain_step

#: Flags of a variant of our step.
FLAGS = ('channels_last', 'compile', 'checkpointing')
PLAIN_SEMGAN, PLAIN_CYCLEGAN = PLAIN = ('plain SemGAN step', 'plain CycleGAN step')
NUM_CLASSES = 20


def parse_variant(text: str) -> tuple[str, list[str]]:
    """The dtype and the flags of a variant of our step.

    Raises:
        InputError: an unknown dtype or flag.

    Example:
        >>> parse_variant('bfloat16+compile')
        ('bfloat16', ['compile'])
    """
    dtype, *flags = text.split('+')
    if dtype not in ('float32', *AMP_DTYPES) or not set(flags) <= set(FLAGS):
        raise InputError(
            f'the variant {text!r} is unknown; it is float32 or one of {AMP_DTYPES}, and then any '
            f'of {FLAGS}, joined by +'
        )
    return dtype, flags


@dataclass(frozen=True)
class TrainingSetting:
    """What is measured; the defaults take minutes on two cores.

    Raises:
        InputError: a value outside its range.
    """

    device: str = 'cpu'
    ours: tuple[str, ...] = ('bfloat16', 'float32')  # variants of our step
    config: str | None = None  # its loader is measured; None draws frames
    size: tuple[int, int] = (128, 160)  # (H, W) of the frames
    base_channels: int = 32  # of generator and discriminator
    num_blocks: int = 4  # of the generator
    batch_size: int = 1  # frames per domain and step
    rounds: int = 5  # turns of each step

    def __post_init__(self) -> None:
        fits = min(self.size) >= 32 and not any(side % 4 for side in self.size)
        require('', '--size', self.size, 'two sides from 32 in multiples of 4', fits)
        require_whole('', '--batch-size', self.batch_size, 1)
        require_whole('', '--rounds', self.rounds, 1)
        for variant in self.ours:
            parse_variant(variant)

    def build(self, name: str) -> tuple[SemGAN | CycleGAN, OptimWrapperDict]:
        """The model and the optimizers of a variant, or of a name in :data:`PLAIN`.

        The weights of all SemGANs are the same.
        """
        dtype, flags = parse_variant('float32' if name in PLAIN else name)
        amp = None if dtype == 'float32' else dtype
        generator = dict(base_channels=self.base_channels, num_blocks=self.num_blocks)
        discriminator = dict(base_channels=self.base_channels, num_strided=3)
        torch.manual_seed(0)
        if name == PLAIN_CYCLEGAN:
            model = CycleGAN(NUM_CLASSES, generator, discriminator)
        else:
            generator |= dict(amp_dtype=amp, checkpointing='checkpointing' in flags)
            model = SemGAN(
                NUM_CLASSES,
                generator,
                dict(discriminator, amp_dtype=amp),
                channels_last='channels_last' in flags,
                compile='compile' in flags,
            )
        model.to(self.device)
        return model, optimizers(model)

    def step(self, name: str) -> Callable[[], dict]:
        """One step of a variant, or of a name in :data:`PLAIN`, as a function."""
        model, optim = self.build(name)
        data = raw_batch(self.batch_size, self.size)
        if name not in PLAIN:
            return lambda: model.train_step(data, optim)
        batch = model.data_preprocessor(data)
        return lambda: plain_step(model, batch['source'], batch['target'], optim)


#: By device; on a GPU, the paper's networks.
SETTINGS = dict(
    cpu=TrainingSetting(),
    cuda=TrainingSetting('cuda', size=(256, 512), base_channels=64, num_blocks=9, rounds=10),
)


def optimizers(model: nn.Module) -> OptimWrapperDict:
    """Adam for the generators and for the discriminators."""
    adam = dict(optimizer=dict(type='Adam', lr=2e-4, betas=(0.5, 0.999)))
    return SemGANOptimWrapperConstructor(dict(generators=adam, discriminators=adam))(model)


def raw_batch(n: int, size: tuple[int, int]) -> dict:
    """A batch of random pixels and ids, as a data loader delivers it."""
    inputs, samples = {}, {}
    for domain in ('source', 'target'):
        inputs[domain] = list(torch.randint(256, (n, 3, *size), dtype=torch.uint8))
        ids = torch.randint(NUM_CLASSES, (n, 1, *size))
        samples[domain] = [SegDataSample(gt_sem_seg=PixelData(data=one)) for one in ids]
    return dict(inputs=inputs, data_samples=samples)


def measure_training(setting: TrainingSetting) -> Iterator[tuple[str, object]]:
    """Measures the loader, our variants beside both plain steps, and the parts of a step.

    Yields:
        Name and value of each measurement when it is made, as ``tools/benchmark_speed.py training
        --json`` writes them. ``ratio_to_plain_step``, ``mfu``, ``workers_that_keep_up`` and
        ``parts`` are those of the first variant.
    """
    names = [*dict.fromkeys(setting.ours), *PLAIN]
    with tempfile.TemporaryDirectory() as folder:
        pairs = full_size_pairs(folder, setting.size)
        loading = loader_seconds(unpaired_dataset(setting.config) if setting.config else pairs)
    yield 'loader_seconds_per_pair', round(loading, 5)

    steps = {name: setting.step(name) for name in names}
    # All SemGAN variants do the work of the plain SemGAN step.
    flops = dict.fromkeys(names, count_flops(steps[PLAIN_SEMGAN]))
    flops[PLAIN_CYCLEGAN] = count_flops(steps[PLAIN_CYCLEGAN])
    dtypes = {name: getattr(torch, parse_variant(name)[0]) for name in setting.ours}
    dtypes |= dict.fromkeys(PLAIN, torch.float32)
    works = {name: Work(steps[name], dtypes[name], flops[name]) for name in names}
    rows = measure_rows(works, setting.device, setting.rounds)
    *_, semgan, cyclegan = rows
    for row in rows:
        row['images_per_second'] = round(2 * setting.batch_size / row['seconds'], 2)
        row['ratio_to_plain_step'] = round(semgan['seconds'] / row['seconds'], 3)
        row['ratio_to_plain_cyclegan'] = round(cyclegan['seconds'] / row['seconds'], 3)
    first = rows[0]
    yield 'rows', rows
    yield 'ratio_to_plain_step', first['ratio_to_plain_step']
    yield 'mfu', first['mfu']
    yield 'workers_that_keep_up', math.ceil(loading * setting.batch_size / first['seconds'])
    yield 'parts', parts_of_step(setting, names[0])
    yield 'peak_mib', {name: peak_mib(setting.device, _two_steps, setting, name) for name in names}
    if setting.device == 'cuda':
        yield 'device_waits', {name: device_waits(step) for name, step in steps.items()}


def unpaired_dataset(path: str) -> dict:
    """The UnpairedDataset of a SemGAN config; InputError if it has none."""
    dataset = Config.fromfile(path).get('train_dataloader', {}).get('dataset', {})
    if dataset.get('type') != 'UnpairedDataset':
        raise InputError(f'{path} has no UnpairedDataset; name one of mmseg_configs/semgan/')
    return dataset


def parts_of_step(setting: TrainingSetting, variant: str) -> dict[str, float]:
    """Median seconds of each part of our step; the device is waited for between the parts."""
    model, optim = setting.build(variant)
    data = raw_batch(setting.batch_size, setting.size)

    def ends_of_parts() -> list[float]:
        ends = [timer()]
        batch = model.data_preprocessor(data, training=True)
        a, b = batch['source'], batch['target']
        with model.frozen_discriminators():
            log, fake_b, fake_a = model.generator_losses(a, b)
            ends.append(timer())
            optim['generators'].backward(total(log))
            ends.append(timer())
        fakes = model.pool_T.query(fake_b.detach()), model.pool_S.query(fake_a.detach())
        optim['discriminators'].backward(total(model.discriminator_losses(a, b, *fakes)))
        ends.append(timer())
        for wrapper in optim.values():
            wrapper.step()
            wrapper.zero_grad()
        return [*ends, timer()]

    rounds = [ends_of_parts() for _ in range(setting.rounds + 1)][1:]  # the first warms up
    names = ('G forward', 'G backward', 'D', 'optimizers')
    return {
        name: round(median(ends[i + 1] - ends[i] for ends in rounds), 5)
        for i, name in enumerate(names)
    }


def _two_steps(setting: TrainingSetting, name: str) -> None:
    """Weights, gradients and the state of the optimizers are there after two steps."""
    step = setting.step(name)
    step()
    step()


def device_waits(step: Callable[[], dict]) -> int:
    """How often the host waits for the GPU in one step."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        torch.cuda.set_sync_debug_mode('warn')
        step()
        torch.cuda.set_sync_debug_mode('default')
    return sum('synchroniz' in str(w.message) for w in caught)
