"""tools/translate_dataset.py: command lines, the exit code, and what is said."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
import tiny
import torch
from offline_data import config, manifest, snapshot, write_checkpoint
from PIL import Image

from semgan_aug import load_translator
from semgan_aug.core.classes import CITYSCAPES19
from semgan_aug.translator.translator import Translator


def spoil(gta5):
    """Frames 1 to 5 in as many ways; their names and what is said of them."""
    image = gta5 / 'images/00001.png'
    image.write_bytes(image.read_bytes()[:60])
    (gta5 / 'labels/00002.png').write_bytes(b'')
    tiny.write_pair(gta5, '00003', [7, 35] * 6)
    Image.new('RGB', (12, 4)).save(gta5 / 'labels/00004.png')
    (gta5 / 'images/00005.png').write_bytes(b'\x89PNG\r\n\x1a\n' + b'\xff' * 40)
    return dict(
        zip(
            (f'images/0000{n}.png' for n in range(1, 6)),
            (
                'cannot be read',
                'cannot be read',
                r'holds the ids [35]',
                'mode RGB',
                'cannot be read',
            ),
            strict=True,
        )
    )


def test_frames_that_cannot_be_read_are_listed(gta5, tmp_path, translate_tool):
    copy = shutil.copytree(gta5, tmp_path / 'copy')
    ckpt, dst = write_checkpoint(tmp_path / 'c.pth', CITYSCAPES19), tmp_path / 'dst'
    cfg = dict(type='GTA5Dataset', data_root=str(gta5), check_sizes=False)
    path, reasons = config(tmp_path, cfg), spoil(gta5)
    for _ in range(2):
        said = translate_tool(ckpt, path, dst, '--device', 'cpu')
        assert 'holds 1 frames; ' in said and '5 could not be read' in said
        assert said.endswith('\n1')  # the exit code
        found = manifest(dst)['unreadable']
        assert list(found) == list(reasons)
        for name, reason in reasons.items():
            assert reason in found[name] and name[-9:-4] in found[name]
            assert f'  {found[name]}\n' in said
            tiny.assert_one_sentence(found[name])
    # Repaired, they are done.
    for name in snapshot(copy):
        shutil.copy(copy / name, gta5 / name)
    said = translate_tool(ckpt, path, dst, '--device', 'cpu')
    assert 'holds 6 frames; ' in said and said.endswith('(see manifest.json)\n')
    assert manifest(dst)['unreadable'] == {}


@pytest.mark.slow
def test_the_tool_killed(tmp_path, ckpt, translate_tool):
    tiny.write_frames(tmp_path / 'src', [np.full((64, 96), n % 10) for n in range(40)])
    classes = load_translator(ckpt).classes
    path = config(tmp_path, tiny.folder_dataset(tmp_path / 'src', classes))
    command = [
        sys.executable,
        tiny.REPO / 'tools/translate_dataset.py',
        ckpt,
        path,
        tmp_path / 'dst',
    ]
    process = subprocess.Popen([str(c) for c in command], env=tiny.environment())
    done = (tmp_path / 'dst').glob
    tiny.kill_when(process, lambda: len(list(done('images/*.png'))) > 3)
    assert not (tmp_path / 'dst/manifest.json').exists()
    assert 'dst holds 40 frames; ' in translate_tool(
        ckpt, path, tmp_path / 'dst', '--device', 'cpu'
    )
    assert len(manifest(tmp_path / 'dst')['frames']) == 40


@pytest.mark.parametrize(
    'args, message',
    [
        (['--variants', '0'], '--variants is 0, but 1 or more'),
        (['--style', '-1'], '--style is -1, but 0 ...'),
        (['--min-consistency', '1.5'], '--min-consistency is 1.5'),
        (['--style', '1', '--variants', '2'], '--style 1 with --variants 2'),
        (['--device', 'cuda'], 'no GPU that torch can use'),
    ],
)
def test_wrong_arguments(gta5, tmp_path, translate_tool, args, message, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    ckpt = write_checkpoint(tmp_path / 'c.pth', CITYSCAPES19)
    said = translate_tool(ckpt, gta5, tmp_path / 'dst', *args)
    assert message in said and not (tmp_path / 'dst').exists()
    tiny.assert_one_sentence(said)


def test_wrong_command_lines(gta5, tmp_path, translate_tool, capsys):
    assert 'there is no checkpoint at' in translate_tool('no.pth', gta5, tmp_path / 'dst')
    ckpt = write_checkpoint(tmp_path / 'c.pth', CITYSCAPES19)
    (tmp_path / 'file').write_text('')
    said = translate_tool(ckpt, gta5, tmp_path / 'file/dst', '--device', 'cpu')
    assert 'Not a directory' in said and 'name another' in said
    tiny.assert_one_sentence(said)
    for args in ([ckpt, gta5], ['--cache', 'c.py', ckpt], ['--cache', 'c.py', '--variants', 2]):
        assert translate_tool(*args) == '2'


@pytest.mark.slow
def test_compiled_for_files_and_for_the_cache(
    training, translate_tool, gta5, tmp_path, ckpt, monkeypatch
):
    compiled = []
    monkeypatch.setattr(Translator, 'compile', lambda translator: compiled.append(translator))
    translate_tool('--cache', training(style=1)[0])
    assert not compiled
    translate_tool('--cache', training(style=2)[0], '--compile')
    assert len(compiled) == 1  # the transform's own is left as it is
    translate_tool(ckpt, training()[0], tmp_path / 'dst', '--compile')
    assert len(compiled) == 2
