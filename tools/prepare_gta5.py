"""Checks a GTA5 download and writes its frame lists and class statistics.

Files written below DIR (or --out): splits/{usable,train,val,sample_N}.txt for ann_file,
sample_class_stats.json, sample_class_stats_dict.json and samples_with_class.json as DAFormer reads
them, problems.json, and prepare_gta5.json, by which a later run knows its own files. Nothing else
is changed. A run that was killed goes on when the same command is started again.
"""

import argparse
import json
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import semgan_aug  # noqa: F401  (registers everything)
from semgan_aug.core.checks import require
from semgan_aug.core.classes import CITYSCAPES19
from semgan_aug.core.cli import add_traceback_option, user_errors
from semgan_aug.core.cores import available_cores
from semgan_aug.core.errors import InputError
from semgan_aug.core.journal import Journal
from semgan_aug.core.progress import Progress
from semgan_aug.datasets import prepare_gta5 as prepare

#: 20 epochs of it are SemGAN's full training here [ours; the paper's number is not known].
DEFAULT_SAMPLE = 2400


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('dir', type=Path, help='folder that holds images/ and labels/')
    parser.add_argument(
        '--sample', type=int, help=f'frames of the uniform sample, {DEFAULT_SAMPLE} by default'
    )
    parser.add_argument('--out', type=Path, help='default: DIR')
    parser.add_argument('--workers', type=int, default=available_cores())
    add_traceback_option(parser)
    args = parser.parse_args()
    out = args.out or args.dir
    place = f'choose another --out than {out}, or free that place'
    with user_errors('prepare_gta5', args.traceback, place=place):
        require('', '--workers', args.workers, '1 or more', args.workers >= 1)
        try:
            print(run(args.dir, out, args.sample, args.workers))
        except BrokenProcessPool as error:
            raise InputError('a worker was killed; try again with fewer --workers') from error


def run(root: Path, out: Path, sample: int | None, workers: int) -> str:
    """Does what the tool does and returns its summary."""
    stems, problems = prepare.find_frames(root)
    out.mkdir(parents=True, exist_ok=True)
    with Progress('reading', 'pairs') as progress:
        entries = prepare.check_all(root, out, stems, workers, progress)
    problems |= {s: e['problem'] for s, e in entries.items() if 'problem' in e}
    counts = {s: e['counts'] for s, e in entries.items() if 'counts' in e}
    if not counts:
        raise InputError(f'none of the {len(problems)} frames of {root} can be used: {problems}')
    sample = min(DEFAULT_SAMPLE, len(counts)) if sample is None else sample
    lists = prepare.split_lists(list(counts), sample)
    files = {name: '\n'.join(listed) + '\n' for name, listed in lists.items()}
    contents = prepare.daformer_statistics(counts)
    contents['problems.json'] = dict(sorted(problems.items()))
    files |= {name: json.dumps(content, indent=1) + '\n' for name, content in contents.items()}
    prepare.write_files(out, {name: text.encode() for name, text in files.items()})
    Journal(out / prepare.PARTS).delete()
    return summary(counts, problems, lists, out)


def summary(counts: dict, problems: dict, lists: dict, out: Path) -> str:
    """What was found, in a few lines."""
    total = len(counts) + len(problems)
    lines = [f'{len(counts)} of {total} frames can be used (the release has {prepare.RELEASED}).']
    for reason, number in Counter(problems.values()).most_common():
        stems = sorted(s for s, why in problems.items() if why == reason)
        shown = ', '.join(stems[:10]) + (', ...' if number > 10 else '')
        lines.append(f'  left out: {number} ({reason}): {shown}')
    pixels = sum(map(Counter, counts.values()), Counter())
    shares = (
        f'{CITYSCAPES19.classes[int(train_id)]} {100 * n / pixels.total():.2f} %'
        for train_id, n in pixels.most_common()
    )
    lines.append(f'  pixels: {", ".join(shares)}')
    lines += [f'  {out / name}: {len(stems)} frames' for name, stems in lists.items()]
    lines.append(
        f'  {out}: sample_class_stats.json, sample_class_stats_dict.json, '
        'samples_with_class.json, problems.json'
    )
    return '\n'.join(lines)


if __name__ == '__main__':
    main()
