"""Translators and datasets for the tests of offline/, and the whole way from one to the other."""

import json
import time
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import tiny
import torch
from PIL import Image

from semgan_aug.core.classes import CITYSCAPES19
from semgan_aug.core.errors import InputError
from semgan_aug.engine.hooks.checkpoint_card import card_of
from semgan_aug.models.class_colors import measure_style
from semgan_aug.offline import Settings, open_source, translate_dataset
from semgan_aug.translator.checkpoint import CARD

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


class Inverter:
    """Inverts images; the left half's classes become the next class, the right half survives."""

    colors = None
    digest = b'inverter'
    device = torch.device('cpu')

    def __init__(self, classes, seconds=0.0):
        self.classes = list(classes)
        self.seconds = seconds

    def translate_batch(self, images, ids, styles):
        time.sleep(self.seconds)
        half, ids = ids.shape[2] // 2, ids.clone()
        left = ids[:, :, :half]
        left[left != 255] = (left[left != 255] + 1) % len(self.classes)
        return 255 - images, ids


class Styled(Inverter):
    """The same, with target frames to choose from: the style is added to the image."""

    colors = 'some'

    def translate_batch(self, images, ids, styles):
        images, ids = super().translate_batch(images, ids, styles)
        return images + (styles[0] % 100), ids


def write_checkpoint(path, class_set):
    """An untrained translator with the colors of two target frames."""
    torch.manual_seed(0)
    model, _ = tiny.build_semgan(num_classes=class_set.num_classes, class_colors=2)
    for seed in range(2):
        batch = tiny.batch(class_set.num_classes, size=(48, 48), seed=seed)
        model.colors_T.add(measure_style(model.data_preprocessor(batch)['target'].pair))
    card = card_of(model, class_set.metainfo).to_dict()
    torch.save({'state_dict': model.state_dict(), CARD: card}, path)
    return path


def write_gta5(root, count=6):
    """Frames of 12 columns that differ, with ids of several classes, some twice named."""
    for n in range(1, count + 1):
        tiny.write_pair(root, f'{n:05d}', [7, 8, 9, 11, 34, 26] * 2)
        rng = np.random.default_rng(n)
        image = rng.integers(0, 256, (4, 12, 3), dtype=np.uint8)
        cv2.imwrite(str(root / f'images/{n:05d}.png'), image)
    return root


def translate(src, dst, translator=None, split=None, shard=None, **settings):
    """The whole way without a checkpoint; gives the outcome."""
    translator = translator or Inverter(CITYSCAPES19.classes)
    source = open_source(Path(src), translator.classes, split)
    checkpoint = dict(digest=translator.digest.hex())
    return translate_dataset(translator, source, dst, checkpoint, Settings(**settings), shard, 1)


def snapshot(root):
    """Everything that a user finds in a folder."""
    files = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob('*') if p.is_file()}
    return {name: data for name, data in files.items() if not name.startswith('manifest.parts/')}


def manifest(dst):
    return json.loads((dst / 'manifest.json').read_text())


def raw(path):
    return np.array(Image.open(path))


def config(folder, dataset, name='dataset'):
    path = folder / 'config.py'
    path.write_text(f'{name} = {dataset!r}\n')
    return path


def refused(call, message):
    """Checks that a call ends with one sentence that has ``message`` in it."""
    with pytest.raises(InputError) as error:
        call()
    assert message in str(error.value), str(error.value)
    tiny.assert_one_sentence(str(error.value))


@pytest.fixture
def gta5(tmp_path):
    """A GTA5 folder of six frames."""
    (tmp_path / 'gta5').mkdir()
    return write_gta5(tmp_path / 'gta5')


@pytest.fixture
def training(tmp_path, ckpt, frames):
    """Writes a training config; gives its path and the config of its first dataset."""

    def write(before=(), after=(), **translate):
        step = dict(type='SemGANTranslate', ckpt=str(ckpt), variants=3, **translate)
        pipeline = [*LOAD, *before, step, *after, dict(type='PackSegInputs')]
        cfg = dict(
            type='MiniStreetsDataset',
            domain='game',
            num_frames=4,
            size=(24, 32),
            data_root=str(frames),
        )
        mixed = [dict(cfg, pipeline=pipeline), dict(cfg, pipeline=LOAD)]
        both = dict(type='ConcatDataset', datasets=mixed)
        return config(tmp_path, dict(dataset=both), 'train_dataloader'), mixed[0]

    return write


@pytest.fixture
def translate_tool(run_tool):
    """Runs tools/translate_dataset.py with some arguments; gives what it printed."""
    return partial(run_tool, 'translate_dataset')
