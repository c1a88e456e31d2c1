"""Hundreds of malformed and hostile files: none runs code, hangs, takes memory or the process.

All are read in one child with a limit on its memory. Each is refused in one sentence that names the
file or, where the test says that it is usable, loads and translates.
"""

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import warnings
import zipfile
from collections import OrderedDict

import pytest
import tiny
import torch
from safetensors.torch import load, save

from semgan_aug.translator.checkpoint import CARD, DIGEST, export_digest
from semgan_aug.translator.export import export_translator

# Of torch, where the files are made.
pytestmark = pytest.mark.filterwarnings('ignore:.*(quantize|nested):UserWarning')

WEIGHT = 'G.encoder.0.1.weight'
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


class Call:
    """Calls a function with arguments where it is unpickled."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


class Storage:
    """A storage that a forged pickle claims to have."""

    def __init__(self, numel, key='0'):
        self.id = 'storage', torch.FloatStorage, key, 'cpu', numel


class Forger(pickle.Pickler):
    def persistent_id(self, value):
        return value.id if isinstance(value, Storage) else None


def tensor_of(storage, size, stride, offset=0):
    args = storage, offset, size, stride, False, OrderedDict()
    return Call(torch._utils._rebuild_tensor_v2, *args)


def archive(records: dict, compression=zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w', compression) as out:
        for name, data in records.items():
            out.writestr(f'archive/{name}', data)
    return file.getvalue()


def forged(content, storage=b'\0' * 64, compression=zipfile.ZIP_STORED) -> bytes:
    """A zip checkpoint whose pickle holds what torch.save would not write."""
    file = io.BytesIO()
    Forger(file, 2).dump(content)
    records = {'data.pkl': file.getvalue(), 'byteorder': b'little', 'data/0': storage}
    return archive(records | {'version': b'3\n'}, compression)


def overlapping(times: int) -> bytes:
    """An archive whose directory lists one record of 1 MB many times: gigabytes to check."""
    data = archive({'data.pkl': bytes(2**20)})
    start, end = data.index(b'PK\1\2'), data.index(b'PK\5\6')
    entries = data[start:end] * times
    tail = struct.pack('<4s4H2LH', b'PK\5\6', 0, 0, times, times, len(entries), start, 0)
    return data[:start] + entries + tail


def saved(content, **how) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of torch, about sparse and quantized tensors
        torch.save(content, file, **how)
    return file.getvalue()


def header_of(data: bytes) -> dict:
    return json.loads(data[8 : 8 + struct.unpack('<Q', data[:8])[0]])


def with_header(data: bytes, header, size: int | None = None) -> bytes:
    """A safetensors file with another header: a dict or raw bytes."""
    start = 8 + struct.unpack('<Q', data[:8])[0]
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack('<Q', len(raw) if size is None else size) + raw + data[start:]


def sealed(data: bytes, header: dict) -> bytes:
    """:func:`with_header`, with a checksum that fits: what is wrong must be found without it."""
    file = with_header(data, header)
    notes = header['__metadata__']
    try:
        notes = notes | {DIGEST: export_digest(notes[CARD], load(file))}
    except Exception:  # nobody can read its tensors
        return file
    return with_header(data, header | dict(__metadata__=notes))


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


def with_code(trace):
    """Pickles that would create the file ``trace``, in each format and under both endings."""
    touch = f'touch {trace}'
    source = f'open({str(trace)!r}, "w").close()'
    calls = {
        'system': Call(os.system, touch),
        'eval': Call(eval, source),
        'exec': Call(exec, source),
        'subprocess': Call(subprocess.call, ['touch', str(trace)]),
        'popen': Call(os.popen, touch),
        'open': Call(open, str(trace), 'w'),
        'getattr': Call(getattr, Call(__import__, 'os'), 'system'),
        'map': Call(list, Call(map, os.system, [touch])),
        'argument': Call(OrderedDict, [('a', Call(os.system, touch))]),
        'key': {('a', Call(os.system, touch)): 1},
    }
    for name, call in calls.items():
        content = {CARD: dict(version=1), 'state_dict': {}, 'extra': call}
        yield f'{name} zip.pth', saved(content)
        yield f'{name} legacy.pth', saved(content, _use_new_zipfile_serialization=False)
        yield f'{name} zip.safetensors', saved(content)
        for protocol in (0, 2, 4):
            yield f'{name} bare {protocol}.pth', pickle.dumps(content, protocol)


DEEP = '[' * 10**5 + ']' * 10**5


def wrong_cards(card: dict):
    """The fields of a card with values that none of ours has."""
    values = {
        'version': [2, True, '1', 1.5, None, [1], 10**400],
        'method': ['Semgan', 1, ['SemGAN'], None, {}],
        'direction': ['target2source', 1, None],
        'classes': [
            list(range(10)),
            ['a'] * 10,
            [],
            'abcdefghij',
            [f'c{i}' for i in range(256)],
            [f'c{i}' for i in range(9)],
            [f'c{i}\n' for i in range(10)],
            [''] * 10,
            [['a']] * 10,
            {},
            7,
        ],
        'palette': [
            card['palette'][:-1],
            [[0, 0, 256]] * 10,
            [[0, 0, -1]] * 10,
            [[0, 0, 0.5]] * 10,
            [[0, 0]] * 10,
            ['red'] * 10,
            [[0, 0, float('nan')]] * 10,
            [],
            'red',
        ],
        'generator': [[], 'x', None, [['base_channels', 4]]],
        'ema': ['yes', 1, None, []],
        'class_colors': ['yes', 0, None, []],
    }
    for field, found in values.items():
        yield from ((f'{field} {i}', card | {field: value}) for i, value in enumerate(found))
        if field not in ('ema', 'class_colors'):
            yield f'no {field}', {k: v for k, v in card.items() if k != field}
    arguments = {
        'base_channels': [
            10**6,
            10**30,
            0,
            -4,
            '4',
            4.0,
            float('nan'),
            float('inf'),
            True,
            None,
            [],
        ],
        'num_blocks': [10**9, -1, '1', 1e9, float('-inf'), None],
        'shared_blocks': [2, -1, 'all', True],
        'skip': ['yes', 1, None],
        'residual': [0, 'no'],
        'amp_dtype': ['int8', 16, ['float16']],
        'num_classes': [10, 10**7],
        'device': ['cuda'],
        'upsampling': ['nearest'],
        '': [1],
    }
    for name, found in arguments.items():
        for i, value in enumerate(found):
            yield f'argument {name} {i}', card | dict(generator=card['generator'] | {name: value})
    many = [f'c{i}' for i in range(10**5)]
    yield 'many classes', card | dict(classes=many, palette=[[0, 0, 0]] * len(many))
    for method in ('CycleGAN', 'UNIT'):
        yield f'it is {method}', card | dict(method=method)


def wrong_tensors(checkpoint: dict):
    """Weights of other kinds, shapes and values."""
    weight = checkpoint['state_dict'][WEIGHT]
    others = {
        'float64 usable': weight.double(),
        'bfloat16 usable': weight.bfloat16(),
        'overflow': weight.double() + 1e300,
        'integer': weight.long(),
        'bool': weight > 0,
        'complex': weight.to(torch.complex64),
        'sparse': weight.to_sparse(),
        'quantized': torch.quantize_per_tensor(weight, 0.1, 0, torch.qint8),
        'meta': weight.to('meta'),
        'nested': torch.nested.nested_tensor([weight[0], weight[0, :1]]),
        'nan': weight.clone().fill_(float('nan')),
        'inf': weight.clone().fill_(float('inf')),
        'transposed': weight.transpose(0, 1),
        'flat': weight.flatten(),
        'scalar': weight.sum(),
        'no numbers': weight[:0],
        'one more': torch.cat([weight, weight[:1]]),
        'one more rank': weight[None],
        'expanded usable': weight[:1, :1, :1, :1].expand(weight.shape),
        'expanded absurdly': torch.zeros(1).expand(2**40),
        'list': weight.tolist(),
        'none': None,
        'text': 'weight',
    }
    for name, value in others.items():
        yield f'weight {name}.pth', {WEIGHT: value}
    style = checkpoint['state_dict']['colors_T.styles']
    others = {
        'no styles': style[:0],
        'styles of fewer classes': style[:, :-1],
        'a scalar of styles': torch.zeros(()),
        'absurdly many styles': style[:1].expand(2**40, *style.shape[1:]),
        'nan styles': style * float('nan'),
        'styles as text': 'style',
    }
    for name, value in others.items():
        yield f'{name}.pth', {'colors_T.styles': value}
    yield 'count of styles as float.pth', {'colors_T.count': torch.zeros(())}
    yield 'count of styles as vector.pth', {'colors_T.count': torch.zeros(2, dtype=torch.long)}
    yield 'negative count usable.pth', {'colors_T.count': torch.tensor(-5)}
    yield 'huge count usable.pth', {'colors_T.count': torch.tensor(2**62)}


def wrong_states(checkpoint: dict):
    """Checkpoints whose parts are not what they should be."""

    def but(**parts):
        return checkpoint | parts

    state = checkpoint['state_dict']
    yield 'no state', {k: v for k, v in checkpoint.items() if k != 'state_dict'}
    for name, value in dict(none=None, list=[1], text='x', tensor=torch.ones(2), empty={}).items():
        yield f'state is {name}', but(state_dict=value)
    yield 'state of others', but(state_dict={'backbone.conv1.weight': torch.zeros(3)})
    yield 'no running mean', but(**{CARD: checkpoint[CARD] | dict(ema=True)})
    yield 'one weight less', but(state_dict={k: v for k, v in state.items() if k != WEIGHT})
    yield 'one weight more', but(state_dict=state | {'G.more': torch.zeros(1)})
    yield 'other nets usable', but(state_dict=state | {'other.more': torch.zeros(1)})
    yield 'keys of other types usable', but(state_dict=state | {1: 2, None: 3, (1, 2): 4})
    yield 'unknown key usable', but(unknown=[1, 2, {'a': 'b'}])
    yield 'unknown field usable', but(**{CARD: checkpoint[CARD] | {'unknown': 1}})
    itself = {}
    itself['itself'] = itself
    yield 'self-reference usable', but(itself=itself)
    yield 'self-reference in the card usable', but(**{CARD: checkpoint[CARD] | dict(more=itself)})
    yield 'self-reference as generator', but(**{CARD: checkpoint[CARD] | dict(generator=itself)})
    yield 'self-reference as state', but(state_dict=itself)
    yield 'card is text', but(**{CARD: 'SemGAN'})
    yield 'tensors in the card', but(**{CARD: checkpoint[CARD] | dict(classes=torch.zeros(10))})
    yield 'bytearray', but(more=bytearray(8))
    yield 'a tensor', torch.zeros(3)
    yield 'a list', [checkpoint]
    yield 'nothing', None


def wrong_archives(card: dict):
    """Archives that claim more than they hold."""
    absurd = 2**60
    for name, tensor in {
        'absurd storage': tensor_of(Storage(absurd), (absurd,), (1,)),
        'absurd tensor': tensor_of(Storage(16), (absurd,), (1,)),
        'overflowing tensor': tensor_of(Storage(16), (2**62, 2**62), (2**62, 1)),
        'negative size': tensor_of(Storage(16), (-4,), (1,)),
        'negative storage': tensor_of(Storage(-16), (4,), (1,)),
        'negative offset': tensor_of(Storage(16), (4,), (1,), -8),
        'negative stride': tensor_of(Storage(16), (4,), (-1,)),
        'missing record': tensor_of(Storage(16, '7'), (4,), (1,)),
        'path as record': tensor_of(Storage(16, '../../../etc/passwd'), (4,), (1,)),
        'absurd bytearray': Call(bytearray, 2**40),
        'absurd tensor call': Call(torch.FloatTensor, absurd),
        'absurd call of Tensor': Call(torch.Tensor, absurd),
        'absurd storage call': Call(torch.UntypedStorage, absurd),
        'object dtype': Call(os.fspath, 'x'),
    }.items():
        yield f'{name}.pth', forged({CARD: card, 'state_dict': {WEIGHT: tensor}})
    bomb = b'\0' * 2**26
    yield 'zip bomb of storage.pth', forged({CARD: card}, bomb, zipfile.ZIP_DEFLATED)
    yield 'zip bomb of pickle.pth', archive({'data.pkl': bomb}, zipfile.ZIP_DEFLATED)
    yield 'zip bomb lzma.pth', archive({'data.pkl': bomb}, zipfile.ZIP_LZMA)
    yield 'compressed.pth', forged({CARD: card}, compression=zipfile.ZIP_DEFLATED)
    yield 'overlapping records.pth', overlapping(20_000)
    yield 'zip without pickle.pth', archive({'a': b'b'})
    yield 'zip of nothing.pth', archive({})
    yield 'deep pickle.pth', archive({'data.pkl': b'\x80\x02' + b']' * 10**6 + b'.'})
    yield 'deep tuples.pth', archive({'data.pkl': b'\x80\x02)' + b'\x85' * 10**5 + b'.'})


def wrong_exports(data: bytes):
    """safetensors files whose header claims something else."""
    for size in (2**62, 2**64 - 1, 2**63, 2**31, 0, 1):
        yield f'header of {size}.safetensors', struct.pack('<Q', size) + data[8:]
    header = header_of(data)
    name = f'generator.{WEIGHT.removeprefix("G.")}'
    entries = {
        'absurd shape': dict(shape=[2**40, 2**40]),
        'negative shape': dict(shape=[-1]),
        'large shape': dict(shape=[10**6]),
        'no numbers': dict(shape=[0, 2**60]),
        'shape as text': dict(shape='4'),
        'unknown dtype': dict(dtype='F1024'),
        'complex': dict(dtype='C64'),
        'integers': dict(dtype='I32'),
        'offsets beyond': dict(data_offsets=[0, 2**62]),
        'offsets reversed': dict(data_offsets=[100, 0]),
        'negative offsets': dict(data_offsets=[-8, 0]),
        'offsets overlap': dict(data_offsets=[0, 4]),
        'transposed': dict(shape=header[name]['shape'][::-1]),
    }
    for kind, entry in entries.items():
        yield f'{kind}.safetensors', sealed(data, header | {name: header[name] | entry})
    for kind, text in {
        'deep': DEEP,
        'text': 'x',
        'array': '[]',
        'number': '1',
        'nan': 'NaN',
        'nothing': '',
        'many digits': '9' * 10**5,
        'half': header['__metadata__'][CARD][:99],
    }.items():
        changed = header | dict(__metadata__={CARD: text})
        yield f'{kind} as card.safetensors', sealed(data, changed)
    yield 'deep header.safetensors', with_header(data, DEEP.encode())
    yield 'other metadata.safetensors', with_header(data, header | dict(__metadata__={'a': 'b'}))
    yield 'list as metadata.safetensors', with_header(data, header | dict(__metadata__=[1]))
    yield 'no metadata.safetensors', save({'a': torch.zeros(3)})
    trailing = header | dict(__metadata__=header['__metadata__'] | {'more': 'x'})
    yield 'other note usable.safetensors', with_header(data, trailing)
    yield 'more behind.safetensors', data + b'more'


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
    # What training alone needs would only make the files larger.
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
    """A refusal because memory was short would mean that it was asked for."""
    asked = [
        (name, message)
        for name, (_, (_, message), _) in read.items()
        if 'alloc' in message or 'MemoryError' in message
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
