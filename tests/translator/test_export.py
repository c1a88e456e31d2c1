"""Exported translators give the same frames, and hold nothing but data."""

import hashlib
import json
import shutil
import struct
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import tiny
import torch
from mmengine.fileio import LocalBackend, register_backend
from safetensors.torch import save_file
from translator_tester import TranslatorTester

from semgan_aug import load_translator
from semgan_aug.core.errors import InputError
from semgan_aug.online.transform import SemGANTranslate
from semgan_aug.translator.checkpoint import CheckpointError
from semgan_aug.translator.export import export_translator


@pytest.fixture(scope='module')
def exported(ckpt, tmp_path_factory):
    path = tmp_path_factory.mktemp('export') / 'translator.safetensors'
    export_translator(ckpt, path, config='model = 1')
    return path


class TestExported(TranslatorTester):
    @pytest.fixture(scope='class')
    def translator(self, exported):
        return load_translator(exported)


def test_it_gives_the_same_frames_and_shares_their_cache(exported, ckpt, pair):
    one, two = load_translator(ckpt), load_translator(exported)
    for style in (0, 1):
        for a, b in zip(one.translate(*pair, style=style), two.translate(*pair, style=style)):
            assert np.array_equal(a, b)
    assert one.digest == two.digest
    for path in (ckpt, exported):
        step = SemGANTranslate(path, style=0)
        step(dict(img=pair[0].copy(), gt_seg_map=pair[1].copy()))
    assert (
        step.translators[0].cache.counts.read == 1 and step.translators[0].cache.counts.written == 0
    )


def test_half_precision(ckpt, pair, tmp_path, exported):
    card = export_translator(ckpt, tmp_path / 'half.safetensors', 'float16')
    assert card.dtype == 'float16'
    half = load_translator(tmp_path / 'half.safetensors')
    assert next(half.generator.parameters()).dtype == torch.float32
    difference = half.translate(*pair)[0].astype(int) - load_translator(ckpt).translate(*pair)[0]
    assert np.abs(difference).max() <= 2
    assert half.digest != load_translator(ckpt).digest
    assert (tmp_path / 'half.safetensors').stat().st_size < 0.8 * exported.stat().st_size


@pytest.mark.slow
def test_the_running_mean_is_what_is_exported(make_runner, tmp_path):
    runner = make_runner(**{'model.ema_decay': 0.5, 'train_cfg.max_iters': 2})
    runner.train()
    path = next(p for p in sorted(tmp_path.rglob('iter_*.pth')))
    export_translator(path, tmp_path / 't.safetensors')
    state = torch.load(path, weights_only=True)['state_dict']
    generator = load_translator(tmp_path / 't.safetensors').generator
    weight = generator.image_head[1].weight
    assert torch.equal(weight, state['ema.G.module.image_head.1.weight'])
    assert not torch.equal(weight, state['G.image_head.1.weight'])


def test_training_leaves_one(trained, ckpt):
    left = load_translator(trained / 'translator.safetensors')
    assert left.digest == load_translator(ckpt).digest


def test_metadata(exported):
    with open(exported, 'rb') as file:
        header = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
    card = json.loads(header['__metadata__']['semgan_aug'])
    assert card['classes'] == load_translator(exported).classes and len(card['palette']) == 10
    assert {'direction', 'generator', 'method', 'version', 'dtype', 'package'} <= set(card)
    assert len(card['config_sha256']) == 64
    assert not [name for name in header if name.startswith(('D_', 'F.', 'optimizer'))]


def test_exported_again_it_keeps_the_hash_of_its_config(exported, tmp_path):
    card = export_translator(exported, tmp_path / 'again.safetensors', 'float16')
    assert card.config_sha256 == hashlib.sha256(b'model = 1').hexdigest()


class Elsewhere(LocalBackend):
    """A backend whose files can only be fetched, as those of http:// and s3://."""

    @contextmanager
    def get_local_path(self, uri):
        with TemporaryDirectory() as folder:
            yield shutil.copy(uri.removeprefix('elsewhere://'), folder)


def test_any_uri_of_a_file_backend(exported, ckpt, pair):
    register_backend('elsewhere', Elsewhere, force=True, prefixes='elsewhere')
    for path in (exported, ckpt):
        fetched = load_translator(f'elsewhere://{path}')
        assert fetched.digest == load_translator(ckpt).digest
        assert fetched.translate(*pair)[0].shape == pair[0].shape  # the copy is gone
    with pytest.raises(CheckpointError, match='could not be fetched'):
        load_translator('elsewhere:///none.pth')


@pytest.mark.parametrize(
    'damage',
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:5],
        lambda data: b'',
        lambda data: struct.pack('<Q', 2**60) + data[8:],
        lambda data: data[:8] + b'x' + data[9:],
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        lambda data: b'\x80\x04cos\nsystem\n(S"touch hacked"\ntR.',
    ],
    ids=[
        'half',
        '5 bytes',
        'empty',
        'absurd header',
        'no json',
        'a bit flipped in a weight',
        'pickle',
    ],
)
def test_damaged_files(exported, tmp_path, damage):
    path = tmp_path / 'bad.safetensors'
    path.write_bytes(damage(exported.read_bytes()))
    with pytest.raises(CheckpointError, match='is truncated or no export') as error:
        load_translator(path)
    tiny.assert_one_sentence(str(error.value))


def test_a_bit_flipped_in_the_header(exported, tmp_path):
    data, path = exported.read_bytes(), tmp_path / 'bad.safetensors'
    end = 8 + struct.unpack('<Q', data[:8])[0]
    for place in range(0, end, 5):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(CheckpointError) as error:
            load_translator(path)
        tiny.assert_one_sentence(str(error.value))


def test_files_of_others(tmp_path):
    path = tmp_path / 'other.safetensors'
    save_file({'a': torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match='checkpoint of another model'):
        load_translator(path)
    with pytest.raises(CheckpointError, match='there is no checkpoint'):
        load_translator(tmp_path / 'none.safetensors')
    with pytest.raises(CheckpointError, match='could not be fetched') as error:
        load_translator('nowhere://a/b.safetensors')
    tiny.assert_one_sentence(str(error.value))


def test_wrong_arguments(ckpt, tmp_path, run_tool):
    with pytest.raises(InputError, match="dtype is 'int8'; use one of"):
        export_translator(ckpt, tmp_path / 'a.safetensors', 'int8')
    assert 'is to end in one of' in run_tool('export_translator', ckpt, tmp_path / 'a.pth')
    assert 'there is no checkpoint' in run_tool(
        'export_translator', tmp_path / 'no.pth', tmp_path / 'a.safetensors'
    )
    said = run_tool('export_translator', ckpt, tmp_path / 'a.safetensors', '--dtype', 'float16')
    assert 'SemGAN, source2target, 10 classes' in said
