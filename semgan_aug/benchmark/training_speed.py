"""How fast a SemGAN trains, beside plain steps and the machine's floor."""

import time
from collections.abc import Callable
from statistics import median

import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from ..encoding import decode_image
from ..models.optim import SemGANOptimWrapperConstructor
from ..models.semgan import SemGAN
from .job import hardware
from .plain_step import PlainCycleGAN, plain_semgan_step


def synchronise(device: str) -> None:
    if device == 'cuda':
        torch.cuda.synchronize()


def seconds(work: Callable[[], object], device: str) -> float:
    """Wall time of one call, the device's queue included."""
    synchronise(device)
    start = time.perf_counter()
    work()
    synchronise(device)
    return time.perf_counter() - start


def matrix_rate(device: str, dtype: torch.dtype, size: int | None = None) -> float:
    """FLOP/s of a square matrix product: median of seven after two to warm up."""
    size = size or (8192 if device == 'cuda' else 2048)
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    times = [seconds(lambda: a @ b, device) for _ in range(9)][2:]
    return 2 * size**3 / median(times)


def count_flops(step: Callable[[], object]) -> int:
    """Multiply-adds of convolutions and products, twice, forward and backward, in one step."""
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def optimisers(model: nn.Module):
    """Adam for both pairs of networks."""
    adam = dict(optimizer=dict(type='Adam', lr=2e-4, betas=(0.5, 0.999)))
    return SemGANOptimWrapperConstructor(dict(generators=adam, discriminators=adam))(model)


def raw_batch(num_classes: int, n: int, size: tuple[int, int]) -> dict:
    """What a data loader delivers, of blocky class maps and noise on flat colours."""
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


def parts_of_step(model: SemGAN, data: dict, optim, device: str) -> dict[str, float]:
    """Seconds of each part of one of our steps, with a wait between the parts."""
    times, state = {}, {}

    def forward():
        batch = model.data_preprocessor(data, training=True)
        state['a'], state['b'] = batch['source'], batch['target']
        styles = model._styles(state['a'], state['b'], keep=True)
        state['out'] = model._generator_losses(state['a'], state['b'], *styles)

    def discriminators():
        log = model._discriminator_losses(
            real_b=state['b'].pair,
            real_a=state['a'].pair,
            fake_b=model.pool_T.query(state['out'][1].detach()),
            fake_a=model.pool_S.query(state['out'][2].detach()),
        )
        optim['discriminators'].backward(sum(log.values()))

    def step():
        for wrapper in optim.values():
            wrapper.step()
            wrapper.zero_grad()

    with model._frozen_discriminators():
        times['G forward'] = seconds(forward, device)
        times['G backward'] = seconds(
            lambda: optim['generators'].backward(sum(state['out'][0].values())), device
        )
    times['D'] = seconds(discriminators, device)
    times['optimisers'] = seconds(step, device)
    return times


def measure(
    device: str,
    size: tuple[int, int],
    batch_size: int,
    generator: dict,
    discriminator: dict,
    amp: str | None,
    rounds: int,
    num_classes: int = 20,
) -> dict:
    """Our step and both plain steps, in turn; medians over the rounds.

    Args:
        device: 'cpu' or 'cuda'.
        size: (H, W) of the frames.
        batch_size: frames per domain and step.
        generator: ``base_channels`` and ``num_blocks``.
        discriminator: ``base_channels`` and ``num_strided``.
        amp: autocast dtype of our step ('bfloat16'), None for float32; plain steps are float32.
        rounds: measured steps of each, after two to warm up.
        num_classes: C.

    Returns:
        What ``tools/benchmark_training.py --json`` writes.
    """
    torch.manual_seed(0)
    ours = SemGAN(
        num_classes,
        generator | dict(amp_dtype=amp),
        discriminator | dict(amp_dtype=amp),
    ).to(device)
    plain = SemGAN(num_classes, generator, discriminator).to(device)
    plain.load_state_dict(ours.state_dict())
    cycle = PlainCycleGAN(
        generator['base_channels'],
        generator['num_blocks'],
        discriminator['base_channels'],
        discriminator['num_strided'],
    ).to(device)
    optims = [optimisers(model) for model in (ours, plain, cycle)]
    data = raw_batch(num_classes, batch_size, size)
    part = plain.data_preprocessor(data)
    a, b = part['source'], part['target']
    steps = {
        'our step': lambda: ours.train_step(data, optims[0]),
        'plain SemGAN step': lambda: plain_semgan_step(plain, a, b, optims[1]),
        'plain CycleGAN step': lambda: cycle.step(a.image, b.image, optims[2]),
    }
    flops = {name: count_flops(step) for name, step in steps.items()}  # warms up, too
    times: dict[str, list] = {name: [] for name in steps}
    memory = dict.fromkeys(steps)
    for k in range(rounds + 2):
        for name, step in steps.items():
            if device == 'cuda':
                torch.cuda.reset_peak_memory_stats()
            taken = seconds(step, device)
            if k >= 2:
                times[name].append(taken)
            if device == 'cuda':
                memory[name] = round(torch.cuda.max_memory_allocated() / 2**20)
    dtypes = {'our step': amp and getattr(torch, amp) or torch.float32}
    rows = []
    rates = {d: matrix_rate(device, d) for d in {torch.float32, *dtypes.values()}}
    for name in steps:
        rate = rates[dtypes.get(name, torch.float32)]
        taken = median(times[name])
        rows.append(
            dict(
                step=name,
                dtype=str(dtypes.get(name, torch.float32)).removeprefix('torch.'),
                seconds=round(taken, 5),
                steps_per_second=round(1 / taken, 3),
                images_per_second=round(2 * batch_size / taken, 2),
                tflop=round(flops[name] / 1e12, 4),
                floor_seconds=round(flops[name] / rate, 5),
                floor_share=round(flops[name] / rate / taken, 3),
                peak_mib=memory[name],
            )
        )
    faster = median(times['plain SemGAN step']) / median(times['our step'])
    parts = [parts_of_step(ours, data, optims[0], device) for _ in range(max(3, rounds // 2))]
    return dict(
        hardware=hardware(),
        versions=dict(torch=torch.__version__),
        size=list(size),
        batch_size=batch_size,
        generator=generator,
        discriminator=discriminator,
        ratio_to_plain_step=round(faster, 3),
        floor_share=rows[0]['floor_share'],
        matrix_tflops={str(d).removeprefix('torch.'): round(r / 1e12, 3) for d, r in rates.items()},
        rows=rows,
        parts={name: round(median(p[name] for p in parts), 5) for name in parts[0]},
    )
