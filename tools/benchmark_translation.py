"""Measures what translation costs: in a training of mmseg, offline, beside the machine's floor."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from rich.console import Console
from rich.table import Table

import semgan_aug
from semgan_aug.benchmark.job import hardware
from semgan_aug.benchmark.speed.loader import write_frames
from semgan_aug.benchmark.speed.training_loop import LoopSetting, measure_ways, write_translator
from semgan_aug.benchmark.speed.translation import (
    measure_memory,
    measure_offline,
    measure_without_network,
)
from semgan_aug.core.errors import InputError, user_message
from semgan_aug.translator.checkpoint import read_translator

CONFIGS = Path(__file__).resolve().parents[1] / 'mmseg_configs' / 'deeplabv3plus'
#: Half GTA5 frames, small crops and a narrow generator: minutes on two cores.
SMALL = dict(
    config=CONFIGS / 'deeplabv3plus_r50_10k_gta2camvid-288x384.py',
    frame=(526, 957),
    crop=(128, 256),
    generator=dict(base_channels=24, num_blocks=4, skip=True, amp_dtype='bfloat16'),
    compile=True,
    frames=4,
    batch_size=2,
    workers=1,
    warm_up=1,
    iterations=4,
    rounds=3,
    memory=[(526, 957), (1052, 1914)],
)
#: GTA5 frames, the paper's generator, the crops of the goal.
FULL = dict(
    config=CONFIGS / 'deeplabv3plus_r50_40k_gta2cityscapes-768x768.py',
    frame=(1052, 1914),
    crop=(512, 1024),
    generator=dict(base_channels=64, num_blocks=9, amp_dtype='bfloat16'),
    compile=True,
    frames=16,
    batch_size=4,
    workers=14,
    warm_up=10,
    iterations=40,
    rounds=3,
    memory=[(256, 512), (526, 957), (1052, 1914), (2160, 3840), (4320, 7680)],
)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu')
    parser.add_argument('--ckpt', type=Path, help='a translator; default: one of random weights')
    parser.add_argument('--config', help='mmseg config whose model is trained')
    parser.add_argument('--rounds', type=int, help='each way so many times, in turn')
    parser.add_argument('--iterations', type=int, help='measured ones of each training loop')
    parser.add_argument('--workers', type=int, help='of the data loader')
    parser.add_argument('--json', type=Path, help='file to write')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if args.device == 'cuda' and not torch.cuda.is_available():
        sys.exit('benchmark_translation: there is no CUDA device here; use --device cpu')
    setting = dict(SMALL if args.device == 'cpu' else FULL)
    for name in ('config', 'rounds', 'iterations', 'workers'):
        given = getattr(args, name)
        setting[name] = setting[name] if given is None else given
    if setting['rounds'] < 1 or setting['iterations'] < 1 or setting['workers'] < 0:
        sys.exit(
            f'benchmark_translation: rounds {setting["rounds"]}, iterations '
            f'{setting["iterations"]}, workers {setting["workers"]}, but 1, 1 and 0 or more are '
            'allowed'
        )
    if args.json and (args.json.is_dir() or not args.json.resolve().parent.is_dir()):
        sys.exit(
            f'benchmark_translation: --json is {args.json}, but a file in a folder that exists is '
            'needed'
        )
    init_default_scope('mmseg')
    try:
        result = measure(args.device, setting, args.ckpt)
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f'benchmark_translation: {error}')
    show(result)
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + '\n', encoding='utf-8')


def classes_of(config: str | Path) -> int:
    """How many classes the segmenter of an mmseg config has."""
    try:
        return Config.fromfile(config).model.decode_head.num_classes
    except Exception as error:  # a config is code: whatever it raises
        raise InputError(
            f'--config is {config}, but a config with model.decode_head.num_classes is needed '
            f'({user_message(error)}); name one of {CONFIGS}'
        ) from None


def measure(device: str, setting: dict, ckpt: Path | None) -> dict:
    """All that the tool writes."""
    num_classes = classes_of(setting['config'])
    classes = [str(k) for k in range(num_classes)]
    with tempfile.TemporaryDirectory() as folder:
        frames = Path(folder)
        write_frames(frames, setting['frames'], setting['frame'], num_classes)
        if ckpt is None:
            ckpt = frames / 'translator.safetensors'
            write_translator(ckpt, classes, setting['generator'])
        else:
            card, _ = read_translator(ckpt)
            classes, setting['generator'] = card['classes'], card['generator']
            if len(classes) != num_classes:
                raise InputError(
                    f'{ckpt} translates {len(classes)} classes, but the model of '
                    f'{setting["config"]} has {num_classes}; name a --config of as many'
                )
        offline = measure_offline(ckpt, frames, device, setting['compile'])
        memory = measure_memory(ckpt, device, setting['memory'])
        loop = LoopSetting(
            device=device,
            config=str(setting['config']),
            frames=frames,
            ckpt=ckpt,
            amp=device == 'cuda',
            **{k: setting[k] for k in ('crop', 'batch_size', 'workers', 'warm_up', 'iterations')},
        )
        ways = measure_ways(loop, classes, setting['rounds'])
        others = measure_without_network(frames)
    return dict(
        hardware=hardware(),
        versions=dict(torch=torch.__version__, semgan_aug=semgan_aug.__version__),
        throughput_ratio=ways['throughput_ratio'],
        # As tools/translate_dataset.py reaches it, with --compile if that was measured.
        floor_share=max(offline['floor_share'], offline['compiled_floor_share'] or 0.0),
        training=dict(
            config=Path(setting['config']).stem,
            frame=list(setting['frame']),
            crop=list(setting['crop']),
            generator=setting['generator'],
            **{k: setting[k] for k in ('batch_size', 'workers', 'iterations', 'rounds')},
            seconds_per_iteration=ways['seconds'],
        ),
        offline=offline,
        seconds_without_network=others,
        memory=memory,
    )


def show(result: dict) -> None:
    """Prints what was measured."""
    training, offline, console = result['training'], result['offline'], Console()
    table = Table(title=f'{training["config"]}, crops of {training["crop"]}, {result["hardware"]}')
    for column in ('way', 's per iteration', 'throughput'):
        table.add_column(column)
    for way, taken in training['seconds_per_iteration'].items():
        ratio = result['throughput_ratio'].get(way)
        table.add_row(way, f'{taken:.3f}', '' if ratio is None else f'{ratio:.1%}')
    console.print(table)
    console.print(
        f'Offline, {offline["size"]}: {offline["frames_per_second"]:.2f} frames/s; '
        f'{offline["tflop"]:.2f} TFLOP at {offline["matrix_tflops"]:.2f} TFLOP/s '
        f'({offline["dtype"]}) would take {offline["floor_share"]:.0%} of that time.'
    )
    if offline['compiled_seconds_per_frame']:
        console.print(
            f'Compiled: {1 / offline["compiled_seconds_per_frame"]:.2f} frames/s, '
            f'{offline["compiled_floor_share"]:.0%}.'
        )
    console.print('Seconds per frame without a network:', result['seconds_without_network'])
    table = Table(title='Peak MiB of one frame')
    for column in ('size', 'in one pass', 'in bands'):
        table.add_column(column)
    for row in result['memory']:
        table.add_row(*(str(row[k]) for k in ('size', 'whole_mib', 'bands_mib')))
    console.print(table)


if __name__ == '__main__':
    main()
