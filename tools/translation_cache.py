"""Inspects, verifies and prunes the cache folder of SemGANTranslate."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from semgan_aug.core.checks import require
from semgan_aug.core.cli import add_traceback_option, user_errors
from semgan_aug.core.errors import InputError
from semgan_aug.core.progress import track
from semgan_aug.online import cache_folder
from semgan_aug.online.cache_entry import BrokenEntryError, decode_entry


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest='command', required=True)
    for name, description in (
        ('info', 'frames and bytes of each translator'),
        ('verify', 'reads every frame, deletes broken ones; exit code 1 if there were any'),
        ('prune', 'deletes the frames written first until --max-bytes are left'),
        ('clear', 'deletes all frames'),
    ):
        command = commands.add_parser(name, help=description)
        command.add_argument('--cache-dir', default=cache_folder.default_cache_dir())
        if name == 'prune':
            command.add_argument('--max-bytes', type=float, required=True, help='e.g. 20e9')
        add_traceback_option(command)
    args = parser.parse_args()
    place = 'see to its rights, or delete it by hand, and start again'
    with user_errors('translation_cache', args.traceback, 'the same command does the rest', place):
        run(args)


def run(args: argparse.Namespace) -> None:
    """Runs the given command.

    Raises:
        InputError: the folder does not exist, or --max-bytes is negative.
    """
    root = Path(args.cache_dir).expanduser()
    if not args.cache_dir or not root.is_dir():
        raise InputError(
            f'--cache-dir is {args.cache_dir!r}, but a folder that exists is '
            'needed; nothing is cached there'
        )
    if args.command == 'prune':
        require('', '--max-bytes', args.max_bytes, '0 or more', args.max_bytes >= 0)
    actions: dict[str, Callable[[], None]] = dict(
        info=lambda: info(root),
        verify=lambda: verify(root),
        prune=lambda: prune(root, args.max_bytes),
        clear=lambda: prune(root, 0),
    )
    actions[args.command]()


def info(root: Path) -> None:
    """Prints the number of frames and bytes of each translator."""
    frames, size = Counter(), Counter()
    for path, stat in cache_folder.stats(root):
        frames[path.parents[1].name] += 1
        size[path.parents[1].name] += stat.st_size
    for name, count in frames.most_common():
        print(f'{name}  {count:>8,} frames  {size[name] / 1e6:>12,.1f} MB')
    print(f'{root}: {frames.total():,} frames, {size.total() / 1e6:,.1f} MB')


def verify(root: Path) -> None:
    """Reads every frame and deletes broken ones; a training translates these again."""
    whole = broken = unread = 0
    for path in track(sorted(cache_folder.files(root)), 'reading', 'frames'):
        try:
            decode_entry(path.read_bytes(), bytes.fromhex(path.stem))
            whole += 1
        except FileNotFoundError:  # pruned meanwhile
            continue
        except OSError as error:
            unread += 1
            print(f'{path} cannot be read ({error.strerror}); see to its rights, or delete it')
        except BrokenEntryError as error:
            broken += 1
            print(f'deleted {path}: {error}')
            path.unlink(missing_ok=True)
    print(f'{root}: {whole:,} frames are whole, {broken:,} were broken, {unread:,} cannot be read')
    if broken or unread:
        sys.exit(1)


def prune(root: Path, max_bytes: float) -> None:
    """Deletes the oldest frames until max_bytes are left, and files of killed writers."""
    found = sorted(cache_folder.stats(root), key=lambda item: item[1].st_mtime_ns)
    left, deleted = sum(stat.st_size for _, stat in found), 0
    for path, stat in found:
        if left <= max_bytes:
            break
        path.unlink(missing_ok=True)
        left -= stat.st_size
        deleted += 1
    for part in cache_folder.abandoned(root):
        part.unlink(missing_ok=True)
    print(f'{root}: {deleted:,} frames deleted, {left / 1e6:,.1f} MB left')


if __name__ == '__main__':
    main()
