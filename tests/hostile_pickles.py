"""Malformed and hostile ``.pth`` files, for the tests of what reads them."""

import io
import os
import pickle
import struct
import subprocess
import warnings
import zipfile
from collections import OrderedDict

import torch

from semgan_aug.translator.checkpoint import CARD

WEIGHT = 'G.encoder.0.1.weight'


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
    yield 'bytearray usable', but(more=bytearray(8))
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
        'absurd bytearray asks for memory': Call(bytearray, 2**40),
        'absurd tensor call asks for memory': Call(torch.FloatTensor, absurd),
        'absurd call of Tensor asks for memory': Call(torch.Tensor, absurd),
        'absurd storage call asks for memory': Call(torch.UntypedStorage, absurd),
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
