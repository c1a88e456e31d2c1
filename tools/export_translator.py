"""Exports the translator of a checkpoint as one file: safetensors, ONNX or torch.export."""

import argparse
from pathlib import Path

from semgan_aug.core.cli import add_traceback_option, user_errors
from semgan_aug.translator.card import DTYPES
from semgan_aug.translator.export import export_translator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('ckpt', help='a checkpoint of tools/train_semgan.py')
    parser.add_argument(
        'out',
        type=Path,
        help='*.safetensors (for ckpt=; safe to pass around), or *.onnx or *.pt2 (a graph from '
        'frames to frames, for other runtimes)',
    )
    parser.add_argument(
        '--dtype', choices=list(DTYPES), default='float32', help='dtype of a *.safetensors file'
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    with user_errors('export_translator', args.traceback, 'the same command begins again'):
        card = export_translator(args.ckpt, args.out, args.dtype)
    print(
        f'{args.out}: {card.method}, {card.direction}, {len(card.classes)} classes, '
        f'{args.out.stat().st_size / 1e6:.1f} MB'
    )


if __name__ == '__main__':
    main()
