"""Measures how well a discriminator can recognize generated class maps by their softness alone.

Trains a small PatchGAN on class maps only: real maps s and generated maps G_s(x, s) of the *same*
frames, so that their layouts are equal. Its accuracy on other frames is the leak; 50 % is no leak.
Writes a JSON file and a table with one row per value of `discriminator_sees`.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS

import semgan_aug  # noqa: F401  (registers everything)
from semgan_aug.core.cli import add_traceback_option, user_errors
from semgan_aug.core.encoding import (
    CLASS_MAP_MODES,
    encode_generated,
    encode_ids,
    encode_image,
    join,
)
from semgan_aug.core.files import write_json
from semgan_aug.models.class_colors import generate
from semgan_aug.models.losses import adversarial_loss
from semgan_aug.models.networks import PatchDiscriminator
from semgan_aug.translator.translator import load_translator

NUM_FRAMES, NUM_TRAINED = 120, 80


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('ckpt', help='a translator trained on MiniStreets')
    parser.add_argument('out', type=Path, help='folder for class_map_leak.json and .md')
    parser.add_argument('--iters', type=int, default=150)
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    add_traceback_option(parser)
    args = parser.parse_args()
    with user_errors('measure_class_map_leak', args.traceback, 'the same command begins again'):
        run(args)


def run(args: argparse.Namespace) -> None:
    """Measures the leak of each mode, and writes and prints the table."""
    translator = load_translator(args.ckpt)
    num_classes = len(translator.classes)
    ids, scores = _maps(translator)
    real = encode_ids(ids, num_classes)
    rows = {}
    for mode in CLASS_MAP_MODES:
        fake = encode_generated(scores, ids, mode)
        rows[mode] = [_accuracy(real, fake, args.iters, seed) for seed in args.seeds]
    args.out.mkdir(parents=True, exist_ok=True)
    agreement = float((scores.argmax(1) == ids).float().mean())
    result = dict(iters=args.iters, seeds=args.seeds, agreement=agreement, accuracy=rows)
    write_json(args.out / 'class_map_leak.json', result)
    lines = [
        'Accuracy (%) of a discriminator that sees class maps only, real against generated ones of',
        'the same frames (`tools/measure_class_map_leak.py`); 50 is no leak. The generated maps',
        f'agree with the real ones on {agreement:.1%} of the pixels.',
        '',
        '| `discriminator_sees` | mean | seeds |',
        '|---|---|---|',
    ]
    for mode, values in rows.items():
        each = ', '.join(f'{100 * v:.1f}' for v in values)
        lines.append(f'| `{mode}` | {100 * np.mean(values):.1f} | {each} |')
    (args.out / 'class_map_leak.md').write_text('\n'.join(lines) + '\n')
    print('\n'.join(lines))


@torch.inference_mode()
def _maps(translator) -> tuple[torch.Tensor, torch.Tensor]:
    """Class ids (N, H, W) of game frames, and the translator's scores (N, C, H, W) for them."""
    init_default_scope('mmseg')
    load = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]
    frames = DATASETS.build(
        dict(type='MiniStreetsDataset', domain='game', num_frames=NUM_FRAMES, pipeline=load)
    )
    images = torch.stack([torch.from_numpy(f['img']).permute(2, 0, 1) for f in frames])
    ids = torch.stack([torch.from_numpy(f['gt_seg_map']) for f in frames])
    pairs = join(encode_image(images), encode_ids(ids, len(translator.classes)))
    scores = []
    for i, pair in enumerate(pairs.split(1)):
        style = translator.colors and translator.colors.draw(i)[None]
        scores.append(generate(translator.generator, pair, style)[1])
    return ids, torch.cat(scores).clone()


def _accuracy(real: torch.Tensor, fake: torch.Tensor, iters: int, seed: int) -> float:
    """Trains on the first frames; returns the share of correctly judged patches in the others."""
    torch.manual_seed(seed)
    judge = PatchDiscriminator(real.shape[1], base_channels=16, num_strided=2)
    optimizer = torch.optim.Adam(judge.parameters(), lr=1e-3, betas=(0.5, 0.999))
    for _ in range(iters):
        i = torch.randint(NUM_TRAINED, (4,))
        loss = adversarial_loss(judge(real[i]), True) + adversarial_loss(judge(fake[i]), False)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.inference_mode():
        right = [(judge(real[NUM_TRAINED:]) > 0.5), (judge(fake[NUM_TRAINED:]) <= 0.5)]
    return float(torch.cat(right).float().mean())


if __name__ == '__main__':
    main()
