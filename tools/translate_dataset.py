"""Translates a whole dataset to files, so that any framework can train on the result.

SRC is a downloaded GTA5 folder with images/*.png and labels/*.png, or an mmseg config, whose
train_dataloader.dataset (or `dataset` at top level) is read. DST gets files of the same names, and
manifest.json with the translator, the settings and each frame's style and consistency. After an
interruption, run the same command again to continue, with any number of processes (torchrun).

With --cache CONFIG, the tool instead fills the cache of the SemGANTranslate in CONFIG, so that the
training reads every translation from the cache.
"""

import argparse
import os
import sys
from pathlib import Path

import torch
from mmengine.registry import init_default_scope

import semgan_aug  # noqa: F401  (registers everything)
from semgan_aug import load_translator
from semgan_aug.core.cli import add_traceback_option, user_errors
from semgan_aug.core.cores import available_cores
from semgan_aug.core.errors import InputError
from semgan_aug.core.progress import Progress
from semgan_aug.offline import Settings, Shard, fill_cache, open_source, translate_dataset
from semgan_aug.offline.dataset_config import load_config
from semgan_aug.translator.checkpoint import read_translator

#: Options for files only; --cache takes these settings from the transform.
ONLY_FILES = ('variants', 'style', 'min_consistency')
RANK, WORLD_SIZE, LOCAL_RANK = (
    int(os.environ.get(name, default))
    for name, default in (('RANK', 0), ('WORLD_SIZE', 1), ('LOCAL_RANK', 0))
)


def main() -> None:
    args = parse_args()
    init_default_scope('mmseg')
    with user_errors('translate_dataset', args.traceback):
        bad = fill(args) if args.cache else translate(args)
    if bad:
        sys.exit(1)


def parse_args() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('ckpt', nargs='?', metavar='CKPT', help='the translator')
    parser.add_argument('src', nargs='?', metavar='SRC', type=Path, help='GTA5 folder or config')
    parser.add_argument('dst', nargs='?', metavar='DST', type=Path, help='a new folder')
    parser.add_argument('--cache', metavar='CONFIG', type=Path, help='instead of CKPT SRC DST')
    parser.add_argument(
        '--split', choices=['train', 'val', 'test'], help='split of a config: train'
    )
    parser.add_argument('--variants', type=int, help='translations of each frame: 1')
    parser.add_argument('--style', type=int, help='number of one target frame for all')
    parser.add_argument(
        '--min-consistency',
        type=float,
        help='share of the pixels that must keep their class, or a frame is copied as it is: 0',
    )
    parser.add_argument('--device', choices=['cpu', 'cuda'], help='default: cuda if there is one')
    parser.add_argument(
        '--compile',
        action='store_true',
        help='torch.compile: faster after about a minute for each size of frame',
    )
    parser.add_argument('--workers', type=int, default=default_workers(), help='%(default)s')
    add_traceback_option(parser)
    args = parser.parse_args()
    if args.workers < 1:
        parser.error(f'--workers is {args.workers}, but 1 or more is allowed')
    if args.cache is None and args.dst is None:
        parser.error('CKPT SRC DST are needed, or --cache CONFIG')
    if args.cache is not None:
        given = [f'--{o.replace("_", "-")}' for o in ONLY_FILES if getattr(args, o) is not None]
        if given or args.ckpt:
            parser.error(
                f'--cache takes the settings of SemGANTranslate in {args.cache}, so leave '
                f'{", ".join(given) or args.ckpt} out'
            )
    return args


def default_workers() -> int:
    """The CPU cores for each process of this machine: as many threads read, and as many write."""
    return max(1, available_cores() // int(os.environ.get('LOCAL_WORLD_SIZE', 1)))


def device_of(name: str | None) -> str:
    """The device of this process: a GPU of its own, or the CPU.

    Raises:
        InputError: 'cuda' is given, but torch finds no GPU.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == 'cuda' and not count:
        raise InputError('--device is cuda, but there is no GPU that torch can use; use cpu')
    return f'cuda:{LOCAL_RANK % count}' if count and name != 'cpu' else 'cpu'


def translate(args: argparse.Namespace) -> bool:
    """Writes the files; True if this process finished the folder and frames were unreadable."""
    options = {o: getattr(args, o) for o in ONLY_FILES if getattr(args, o) is not None}
    settings = Settings(**options)
    translator = load_translator(args.ckpt, device_of(args.device), args.compile)
    source = open_source(args.src, translator.classes, args.split)
    translator_info = dict(
        path=args.ckpt, digest=translator.digest.hex(), card=read_translator(args.ckpt)[0].to_dict()
    )
    with Progress('translating', 'frames', shown=RANK == 0) as progress:
        outcome = translate_dataset(
            translator,
            source,
            args.dst,
            translator_info,
            settings,
            Shard(RANK, WORLD_SIZE),
            args.workers,
            progress.begin,
            progress.advance,
        )
    if outcome.pending:
        print(f'rank {RANK} is done; {outcome.pending} frames are with other ranks')
        return False
    done = outcome.done
    kept = sum(not v['translated'] for e in done.entries.values() for v in e['variants'])
    below = (
        f', {kept} translations of them as the source has it (--min-consistency)' if kept else ''
    )
    print(
        f'{args.dst} holds {len(done.entries)} frames{below}; {len(source.left_out)} more are left '
        f'out by the dataset, and {len(done.problems)} could not be read (see manifest.json)'
    )
    for reason in done.problems.values():
        print(f'  {reason}')
    return bool(done.problems)


def fill(args: argparse.Namespace) -> bool:
    """Fills the cache; True if one process runs alone and some frames were unreadable."""
    with Progress('translating', 'frames', shown=RANK == 0) as progress:
        filled = fill_cache(
            load_config(args.cache),
            args.cache,
            device_of(args.device),
            args.split,
            Shard(RANK, WORLD_SIZE),
            args.workers,
            progress.begin,
            progress.advance,
            args.compile,
        )
    print(
        f'{filled.counts["written"]} translations were added to the cache, '
        f'{filled.counts["read"]} were there, {len(filled.unreadable)} frames could not be read'
    )
    for reason in filled.unreadable.values():
        print(f'  {reason}')
    # With a failing exit status, torchrun would stop the other ranks, which may still be working.
    return bool(filled.unreadable) and WORLD_SIZE == 1


if __name__ == '__main__':
    main()
