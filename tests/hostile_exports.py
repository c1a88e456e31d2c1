"""Malformed and hostile ``.safetensors`` files, for the tests of what reads them."""

import json
import struct

import torch
from hostile_pickles import WEIGHT
from safetensors.torch import load, save

from semgan_aug.translator.checkpoint import CARD, DIGEST, export_digest

DEEP = '[' * 10**5 + ']' * 10**5


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
