"""Hundreds of malformed and hostile files: none runs code, hangs or ends the process.

All are read in one child with a limit on its memory. Each file is refused in one sentence that
names it, or it loads and translates if its name says that it is usable. Only pickles whose names
say so ask for much memory.
"""

import json
import os
import pickle
import subprocess
import sys
import warnings

import pytest
import tiny
import torch
from hostile_cards import wrong_cards
from hostile_exports import header_of, sealed, wrong_exports
from hostile_pickles import saved, with_code, wrong_archives, wrong_states, wrong_tensors

from semgan_aug.translator.checkpoint import CARD
from semgan_aug.translator.export import export_translator

# Of torch, where the files are made.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings('ignore:.*(quantize|nested):UserWarning'),
]

LIMIT = 2**30  # bytes beyond what the imports took

CHILD = """
import json, os, resource, signal, sys, warnings
import numpy as np
from semgan_aug import load_translator
from semgan_aug.translator.checkpoint import CheckpointError, latest_checkpoint

def outcome(function, *args):
    try:
        return 'loaded', str(function(*args))
    except CheckpointError as error:
        return 'refused', str(error)
    except BaseException as error:
        return type(error).__name__, str(error)[:300]

def use(path):
    image, ids = np.full((9, 10, 3), 90, np.uint8), np.zeros((9, 10), np.uint8)
    output, _ = load_translator(path).translate(image, ids)
    assert output.shape == image.shape

warnings.simplefilter('ignore')
use(sys.argv[1])  # imports what is imported at the first use
size = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + int(sys.argv[2]),) * 2)
for line in sys.stdin:
    path = line.strip()
    print(json.dumps(['begin', path]), flush=True)
    signal.alarm(30)
    result = outcome(use, path), outcome(latest_checkpoint, os.path.dirname(path))
    print(json.dumps(['end', path, result]), flush=True)
"""


def damaged(data: bytes, ending: str):
    """Cut off, and with a byte changed, at places spread over the file."""
    for i in range(25):
        yield f'cut at {i} of 25{ending}', data[: len(data) * i // 25]
    for size in (1, 2, 4, 7, 8, 9, 22, 100, len(data) - 1, len(data) - 22, len(data) - 23):
        yield f'cut to {size}{ending}', data[:size]
    for i in range(25):
        place = len(data) * (2 * i + 1) // 50
        yield (
            f'byte {place}{ending}',
            data[:place] + bytes([data[place] ^ 0xA5]) + data[place + 1 :],
        )


def other_files():
    page = b'<!DOCTYPE html><html><title>404</title><p>Not Found</html>\n'
    contents = dict(empty=b'', text=b'not a checkpoint\n', page=page, zeros=bytes(5000))
    contents |= {'json': b'{"a": 1}', 'gzip': b'\x1f\x8b\x08' + bytes(99), 'elf': b'\x7fELF' * 99}
    for ending in ('.pth', '.safetensors'):
        yield from ((f'file {name}{ending}', data) for name, data in contents.items())


def all_contents(ckpt, export, trace):
    """Every case as (name, bytes)."""
    data, exported = ckpt.read_bytes(), export.read_bytes()
    checkpoint = torch.load(ckpt, weights_only=True)
    card = checkpoint[CARD]
    # Without the rest of a training checkpoint the files are small.
    small = {CARD: card, 'state_dict': checkpoint['state_dict']}
    yield from damaged(data, '.pth')
    yield from damaged(exported, '.safetensors')
    yield from with_code(trace)
    for name, changed in wrong_cards(card):
        yield f'{name}.pth', saved(small | {CARD: changed})
        header = header_of(exported) | dict(__metadata__={CARD: json.dumps(changed)})
        yield f'{name}.safetensors', sealed(exported, header)
    for name, changed in wrong_tensors(small):
        yield name, saved(small | dict(state_dict=small['state_dict'] | changed))
    for name, content in wrong_states(small):
        yield f'{name}.pth', saved(content)
    yield from wrong_archives(card)
    yield from wrong_exports(exported)
    yield from other_files()
    yield 'pth as.safetensors', data
    yield 'safetensors as.pth', exported
    yield 'usable.pth', data
    yield 'usable.safetensors', exported


def write_cases(folder, contents):
    """Each in a folder of its own, a ``.pth`` as a training's last checkpoint; path by name."""
    paths = {}
    for number, (name, content) in enumerate(contents):
        assert name not in paths
        paths[name] = folder / str(number) / f'iter_1.{name.rpartition(".")[2]}'
        paths[name].parent.mkdir()
        paths[name].write_bytes(content)
    for ending in ('pth', 'safetensors'):
        for kind in ('folder', 'fifo', 'link to nothing', 'link to itself'):
            path = folder / f'{kind} {ending}' / f'iter_1.{ending}'
            paths[f'{kind}.{ending}'] = path
            path.parent.mkdir()
            if kind == 'folder':
                path.mkdir()
            elif kind == 'fifo':
                os.mkfifo(path)
            else:
                path.symlink_to(path if kind == 'link to itself' else folder / 'none')
    return paths


@pytest.fixture(scope='module')
def read(ckpt, tmp_path_factory):
    """What a child made of each file, by name: how loading ended, and ``latest_checkpoint``."""
    folder = tmp_path_factory.mktemp('hostile')
    export, trace = folder / 'translator.safetensors', folder / 'it_ran'
    export_translator(ckpt, export)
    paths = write_cases(folder, all_contents(ckpt, export, trace))
    child = subprocess.run(
        [sys.executable, '-c', CHILD, str(ckpt), str(LIMIT)],
        input='\n'.join(map(str, paths.values())),
        env=tiny.environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    lines = [json.loads(line) for line in child.stdout.splitlines() if line.startswith('["')]
    ended = {path: result for kind, path, *rest in lines if kind == 'end' for result in rest}
    assert ended, child.stderr[-999:]
    alive = {name: ended.get(str(path)) for name, path in paths.items()}
    first = next((name for name, result in alive.items() if result is None), None)
    assert first is None, (
        f'{first!r} took the process down ({child.returncode}): {child.stderr[-999:]}'
    )
    assert not trace.exists(), 'code in a file was run'
    return {name: (paths[name], *result) for name, result in alive.items()}


def test_there_are_hundreds(read):
    assert len(read) >= 200


def test_usable_files_translate(read):
    usable = {name: found[1] for name, found in read.items() if 'usable' in name}
    assert len(usable) >= 10
    assert {name: found for name, found in usable.items() if found[0] != 'loaded'} == {}


def test_all_others_are_refused(read):
    others = {name: found[1] for name, found in read.items() if 'usable' not in name}
    assert {name: found for name, found in others.items() if found[0] != 'refused'} == {}


def test_in_one_sentence_that_names_the_file(read):
    for name, (path, (kind, message), _) in read.items():
        if kind == 'refused':
            assert str(path) in message and len(message) < len(str(path)) + 500, (name, message)
            tiny.assert_one_sentence(message)


def test_no_memory_is_asked_for(read):
    """A refusal because memory was short would mean that it was asked for.

    torch's ``weights_only`` allows a pickle to make a tensor or a byte array of any size, so there
    is no such promise for these four.
    """
    asked = [
        (name, message)
        for name, (_, (_, message), _) in read.items()
        if ('alloc' in message or 'MemoryError' in message) and 'asks for memory' not in name
    ]
    assert asked == []


def test_latest_checkpoint_passes_over_them(read):
    """It either finds the file readable, or says why not; nothing else."""
    kinds = {name: found[2] for name, found in read.items()}
    assert {name: k for name, k in kinds.items() if k[0] not in ('loaded', 'refused')} == {}
    assert kinds['usable.pth'][1].endswith('iter_1.pth')


def test_the_code_would_run(tmp_path):
    """Else the files would prove nothing."""
    for name, content in with_code(tmp_path / 'it_ran'):
        if ' bare 2' in name and not name.startswith(('getattr', 'popen')):  # popen waits for none
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                pickle.loads(content)
            assert (tmp_path / 'it_ran').exists(), name
            (tmp_path / 'it_ran').unlink()
