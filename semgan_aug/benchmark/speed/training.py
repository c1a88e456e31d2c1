"""How fast a SemGAN trains, beside plain steps and the machine's floor."""

import warnings
from collections.abc import Callable
from statistics import median

import torch
from mmengine.optim import OptimWrapperDict
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn
from torch.nn import functional

from ...core.encoding import decode_image
from ...engine.optim_wrappers import SemGANOptimWrapperConstructor
from ...models.networks.layers import AMP_DTYPES
from ...models.semgan import SemGAN
from ..job import hardware
from .machine import count_flops, matrix_rate, seconds
from .memory import peak_mib
from .plain_step import PlainCycleGAN, plain_semgan_step

#: What a variant of our step can be put together from, with '+'.
FLAGS = ('channels_last', 'compile', 'checkpointing')
PLAIN = ('plain SemGAN step', 'plain CycleGAN step')


def parse_variant(text: str) -> tuple[str | None, set[str]]:
    """'bfloat16+compile' to ('bfloat16', {'compile'}); the dtype of float32 is None.

    Raises:
        ValueError: an unknown dtype or flag.
    """
    dtype, *flags = text.split('+')
    wrong = [dtype] * (dtype not in ('float32', *AMP_DTYPES)) + [f for f in flags if f not in FLAGS]
    if wrong:
        raise ValueError(
            f'{wrong[0]!r} in {text!r} is unknown; a variant is float32 or one of {AMP_DTYPES}, '
            f'and then any of {FLAGS}, joined by +'
        )
    return (None if dtype == 'float32' else dtype), set(flags)


def optimizers(model: nn.Module) -> OptimWrapperDict:
    """Adam for both pairs of networks."""
    adam = dict(optimizer=dict(type='Adam', lr=2e-4, betas=(0.5, 0.999)))
    return SemGANOptimWrapperConstructor(dict(generators=adam, discriminators=adam))(model)


def raw_batch(num_classes: int, n: int, size: tuple[int, int]) -> dict:
    """What a data loader delivers, of blocky class maps and noise on flat colors."""
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


class Setting:
    """What every step of one comparison shares.

    Args:
        device: 'cpu' or 'cuda'.
        size: (H, W) of the frames.
        batch_size: frames per domain and step.
        generator: ``base_channels`` and ``num_blocks``.
        discriminator: ``base_channels`` and ``num_strided``.
        num_classes: C.
    """

    def __init__(
        self,
        device: str,
        size: tuple[int, int],
        batch_size: int,
        generator: dict,
        discriminator: dict,
        num_classes: int = 20,
    ) -> None:
        self.device, self.size, self.batch_size = device, tuple(size), batch_size
        self.generator, self.discriminator = dict(generator), dict(discriminator)
        self.num_classes = num_classes
        self.data = raw_batch(num_classes, batch_size, self.size)

    def semgan(self, variant: str = 'float32') -> SemGAN:
        """The model of a variant; the same weights for all."""
        amp, flags = parse_variant(variant)
        torch.manual_seed(0)
        return SemGAN(
            self.num_classes,
            self.generator | dict(amp_dtype=amp, checkpointing='checkpointing' in flags),
            self.discriminator | dict(amp_dtype=amp),
            channels_last='channels_last' in flags,
            compile='compile' in flags,
        ).to(self.device)

    def step(self, name: str) -> Callable[[], dict]:
        """One step of a variant, or of those in :data:`PLAIN`, as a function."""
        if name == PLAIN[1]:
            cycle = PlainCycleGAN(
                self.generator['base_channels'],
                self.generator['num_blocks'],
                self.discriminator['base_channels'],
                self.discriminator['num_strided'],
            ).to(self.device)
            optim = optimizers(cycle)
            a, b = self._pairs()
            return lambda: cycle.step(a.image, b.image, optim)
        model = self.semgan('float32' if name in PLAIN else name)
        optim = optimizers(model)
        if name == PLAIN[0]:
            a, b = self._pairs()
            return lambda: plain_semgan_step(model, a, b, optim)
        return lambda: model.train_step(self.data, optim)

    def _pairs(self):
        batch = self.semgan().data_preprocessor(self.data)
        return batch['source'], batch['target']


def parts_of_step(model: SemGAN, data: dict, optim, device: str) -> dict[str, float]:
    """Seconds of each part of one of our steps, with a wait between the parts."""
    times, state = {}, {}

    def forward():
        batch = model.data_preprocessor(data, training=True)
        state['a'], state['b'] = batch['source'], batch['target']
        state['out'] = model.generator_losses(state['a'], state['b'])

    def discriminators():
        log = model.discriminator_losses(
            state['a'],
            state['b'],
            model.pool_T.query(state['out'][1].detach()),
            model.pool_S.query(state['out'][2].detach()),
        )
        optim['discriminators'].backward(sum(log.values()))

    def step():
        for wrapper in optim.values():
            wrapper.step()
            wrapper.zero_grad()

    with model.frozen_discriminators():
        times['G forward'] = seconds(forward, device)
        times['G backward'] = seconds(
            lambda: optim['generators'].backward(sum(state['out'][0].values())), device
        )
    times['D'] = seconds(discriminators, device)
    times['optimizers'] = seconds(step, device)
    return times


def peak_memory(setting: Setting, name: str) -> int | None:
    """MiB that two steps take at most, weights and optimizers included."""
    return peak_mib(setting.device, _two_steps, setting, name)


def _two_steps(setting: Setting, name: str) -> None:
    step = setting.step(name)
    step(), step()


def device_waits(step: Callable[[], dict], device: str) -> int | None:
    """How often one step makes the host wait for a GPU; None on a CPU."""
    if device == 'cpu':
        return None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        torch.cuda.set_sync_debug_mode('warn')
        step()
        torch.cuda.set_sync_debug_mode('default')
    return sum('synchroniz' in str(w.message) for w in caught)


def measure(setting: Setting, variants: list[str], rounds: int) -> dict:
    """Our step in some variants and both plain steps, in turn; medians over the rounds.

    Args:
        setting: what they share.
        variants: see :func:`parse_variant`; the first is the one that ratio, floor share and parts
            are of.
        rounds: measured steps of each, after three to warm up.

    Returns:
        What ``tools/benchmark_training.py --json`` writes, without the loader.
    """
    device, names = setting.device, [*variants, *PLAIN]
    memory = {name: peak_memory(setting, name) for name in names}
    steps = {name: setting.step(name) for name in names}
    counted = {name: count_flops(steps[name]) for name in PLAIN}
    flops = {name: counted.get(name, counted[PLAIN[0]]) for name in names}  # the same work
    times: dict[str, list] = {name: [] for name in names}
    for k in range(rounds + 3):
        for name, step in steps.items():
            taken = seconds(step, device)
            if k >= 3:
                times[name].append(taken)
    dtypes = {name: getattr(torch, parse_variant(name)[0] or 'float32') for name in variants}
    rates = {d: matrix_rate(device, d) for d in {torch.float32, *dtypes.values()}}
    rows = []
    for name in names:
        dtype = dtypes.get(name, torch.float32)
        taken = median(times[name])
        floor = flops[name] / rates[dtype]
        rows.append(
            dict(
                step=name if name in PLAIN else f'ours, {name}',
                dtype=str(dtype).removeprefix('torch.'),
                seconds=round(taken, 5),
                steps_per_second=round(1 / taken, 3),
                images_per_second=round(2 * setting.batch_size / taken, 2),
                ratio_to_plain_step=round(median(times[PLAIN[0]]) / taken, 3),
                ratio_to_plain_cyclegan=round(median(times[PLAIN[1]]) / taken, 3),
                tflop=round(flops[name] / 1e12, 4),
                floor_seconds=round(floor, 5),
                floor_share=round(floor / taken, 3),
                peak_mib=memory[name],
                device_waits=device_waits(steps[name], device),
            )
        )
    model = setting.semgan(variants[0])
    optim = optimizers(model)
    parts = [
        parts_of_step(model, setting.data, optim, device) for _ in range(max(3, rounds // 2) + 1)
    ][1:]
    return dict(
        hardware=hardware(),
        versions=dict(torch=torch.__version__),
        size=list(setting.size),
        batch_size=setting.batch_size,
        generator=setting.generator,
        discriminator=setting.discriminator,
        ratio_to_plain_step=rows[0]['ratio_to_plain_step'],
        floor_share=rows[0]['floor_share'],
        matrix_tflops={str(d).removeprefix('torch.'): round(r / 1e12, 3) for d, r in rates.items()},
        rows=rows,
        parts={name: round(median(p[name] for p in parts), 5) for name in parts[0]},
    )
