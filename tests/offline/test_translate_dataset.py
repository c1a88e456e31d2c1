"""tools/translate_dataset.py: what it writes is what the translator made, once, and whole."""

import errno
import importlib
import io
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import tiny
import torch
from mmseg.registry import DATASETS
from PIL import Image

from semgan_aug import load_translator
from semgan_aug.core.classes import CAMVID11, CITYSCAPES19, CLASS_SETS
from semgan_aug.core.errors import InputError
from semgan_aug.engine.hooks.plain_checkpoint import plain
from semgan_aug.models.class_colors import measure_style
from semgan_aug.offline import Settings, Shard, open_source, translate_dataset
from semgan_aug.offline.frames import encode_label, read_pair
from semgan_aug.offline.thread_pipeline import run_thread_pipeline
from semgan_aug.online.request import consistency
from semgan_aug.online.transform import SemGANTranslate
from semgan_aug.translator.checkpoint import CARD
from semgan_aug.translator.translator import Translator

# The package has a function of this name.
run = importlib.import_module('semgan_aug.offline.translate_dataset')

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
    meta = class_set.metainfo
    card = dict(
        version=1,
        method=model.METHOD,
        direction='source2target',
        classes=list(meta['classes']),
        palette=meta['palette'],
        ema=False,
        **plain(model.card()),
    )
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


@pytest.fixture
def gta5(tmp_path):
    (tmp_path / 'gta5').mkdir()
    return write_gta5(tmp_path / 'gta5')


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


@pytest.fixture
def tool(run_tool):
    return partial(run_tool, 'translate_dataset')


# ------------------------------------------------------------------------------- what is written


def test_real_gta5_round_trip(semgan_data, tmp_path, tool):
    src, dst = tmp_path / 'gta5', tmp_path / 'out'
    for kind in ('images', 'labels'):
        (src / kind).mkdir(parents=True)
        for stem in ('00003', '00012'):
            shutil.copy(semgan_data / f'gta5-mini/{kind}/{stem}.png', src / kind)
    ckpt = write_checkpoint(tmp_path / 'c.pth', CITYSCAPES19)
    before = snapshot(src)
    said = tool(ckpt, src, dst, '--device', 'cpu')
    assert f'{dst} holds 2 frames; 0 more' in said and snapshot(src) == before
    assert sorted(snapshot(dst)) == sorted([*before, 'manifest.json'])
    old, new = (
        DATASETS.build(dict(type='GTA5Dataset', data_root=str(root), pipeline=LOAD))
        for root in (src, dst)
    )
    translator, content = load_translator(ckpt), manifest(dst)
    assert content['checkpoint']['digest'] == translator.digest.hex()
    assert content['checkpoint']['card']['classes'] == list(CITYSCAPES19.classes)
    assert content['settings']['raw_ids']['road'] == [7]
    in_pipeline = SemGANTranslate(str(ckpt), variants=1)
    for a, b, entry in zip(old, new, content['frames'], strict=True):
        assert a['img_path'].endswith(entry['name'])
        (variant,) = entry['variants']
        image, ids = translator.translate(a['img'], a['gt_seg_map'], style=variant['style'])
        assert np.array_equal(b['img'], image) and np.array_equal(b['gt_seg_map'], ids)
        assert variant['consistency'] == round(
            float(consistency(torch.from_numpy(a['gt_seg_map']), torch.from_numpy(ids))), 6
        )
        # Just as SemGANTranslate would have served it.
        assert np.array_equal(in_pipeline(a)['img'], image)
        labels = [Image.open(d['seg_map_path']) for d in (a, b)]
        assert labels[0].mode == labels[1].mode == 'P'
        assert labels[0].getpalette() == labels[1].getpalette()
    assert in_pipeline.translators[0].cache.counts.written == 2


@pytest.mark.parametrize('name', ['cityscapes19', 'cityscapes20', 'camvid11'])
def test_raw_ids_of_gta5(tmp_path, name):
    """Where the class survives the source's raw id is kept, else the lowest one is written."""
    (tmp_path / 'src').mkdir()
    tiny.write_pair(tmp_path / 'src', '00001', [*range(35), *range(35)])
    translator = Inverter(CLASS_SETS[name].classes)
    translate(tmp_path / 'src', tmp_path / 'dst', translator)
    cfg = dict(type='GTA5Dataset', class_set=name, pipeline=LOAD)
    old, new = (DATASETS.build(dict(cfg, data_root=str(tmp_path / r)))[0] for r in ('src', 'dst'))
    ids = torch.from_numpy(old['gt_seg_map'])[None]
    expected = translator.translate_batch(torch.zeros(1), ids, [0])[1][0].numpy()
    assert np.array_equal(new['gt_seg_map'], expected)
    assert (new['img'] == 255).all()
    found = raw(tmp_path / 'dst/labels/00001.png')[0]
    assert found[35:].tolist() == list(range(35))
    ignored = [i for i in range(35) if old['gt_seg_map'][0][i] == 255]
    assert found[ignored].tolist() == ignored
    if name == 'cityscapes20':  # 'unlabeled' is 19 and has 0, 1, 2, ...; the next is road
        assert found[[7, 8, 33, 34]].tolist() == [8, 11, 0, 7]
    if name == 'camvid11':  # Road (7) -> Pavement (8); Car -> Pedestrian (24)
        assert found[[7, 26, 28]].tolist() == [8, 24, 24]


def test_jpeg_images_and_frame_lists(tmp_path):
    """CamVid: names stay, also those of images that only JPEG can have; so do frame lists."""
    root = tmp_path / 'camvid'
    for kind in ('images', 'labels'):
        (root / kind / 'train').mkdir(parents=True)
    x, y = np.meshgrid(np.arange(48), np.arange(32))
    image = np.stack([4 * x, 6 * y, 2 * x + 3 * y], 2).astype(np.uint8)
    ids = ((x // 4) % 12).astype(np.uint8)
    for stem in 'abc':
        cv2.imwrite(str(root / f'images/train/{stem}.jpg'), image)
        cv2.imwrite(str(root / f'labels/train/{stem}.png'), ids)
    (root / 'lists').mkdir()
    (root / 'lists/two.txt').write_text('c\n\na\n')
    (root / 'labels/train/c.png').write_bytes(b'no image')
    cfg = dict(type='CamVidDataset', data_root=str(root), ann_file='lists/two.txt', pipeline=LOAD)
    outcome = translate(config(tmp_path, cfg), tmp_path / 'dst', Inverter(CAMVID11.classes))
    assert list(outcome.done.problems) == ['images/train/c.jpg']
    assert sorted(snapshot(tmp_path / 'dst')) == [
        'images/train/a.jpg',
        'labels/train/a.png',
        'lists/two.txt',
        'manifest.json',
    ]
    assert (tmp_path / 'dst/lists/two.txt').read_text() == 'a\n'
    (new,) = DATASETS.build(dict(cfg, data_root=str(tmp_path / 'dst')))
    old = cv2.imread(str(root / 'images/train/a.jpg'))
    assert np.abs(new['img'].astype(int) - (255 - old)).mean() < 1.5
    label = Image.open(new['seg_map_path'])
    assert label.mode == 'L' and np.array_equal(np.array(label)[:, 24:], ids[:, 24:])
    assert (np.array(label)[ids == 11] == 11).all()
    assert Image.open(new['img_path']).layer[0][1:3] == (1, 1)  # colors at full resolution


@pytest.mark.parametrize('change', ['reduce_zero_label', 'label_map', 'mixed'])
def test_other_maps_of_ids(tmp_path, change):
    """ADE20K's way of ids, a subset of the classes, and a label file with 255."""
    ids = np.tile(np.array([0, 1, 2, 3, 3, 2, 1, 0], np.uint8), (4, 1))
    if change == 'mixed':
        ids[ids == 3] = 255
    tiny.write_frames(tmp_path / 'src', [ids])
    cfg = tiny.folder_dataset(tmp_path / 'src', pipeline=LOAD)
    if change == 'reduce_zero_label':
        cfg['reduce_zero_label'] = True
        expected = [0, 2, 3, 1, 3, 2, 1, 0]
    elif change == 'label_map':
        # Without 'sidewalk', which is 1.
        names = ['road', 'building', 'wall']
        cfg.update(type='CityscapesDataset', metainfo=dict(classes=names))
        expected = [2, 1, 3, 0, 3, 2, 1, 0]
    else:
        expected = [1, 2, 0, 255, 255, 2, 1, 0]
    classes = cfg['metainfo']['classes']
    translate(config(tmp_path, cfg), tmp_path / 'dst', Inverter(classes))
    assert raw(tmp_path / 'dst/labels/0.png')[0].tolist() == expected
    new = DATASETS.build(dict(cfg, data_root=str(tmp_path / 'dst')))[0]['gt_seg_map']
    old = torch.from_numpy(DATASETS.build(cfg)[0]['gt_seg_map'])[None]
    assert np.array_equal(
        new, Inverter(classes).translate_batch(torch.zeros(1), old, [0])[1][0].numpy()
    )


def test_a_short_palette_grows_with_the_ids():
    like = Image.fromarray(np.zeros((2, 2), np.uint8))
    like.putpalette([9, 8, 7, 6, 5, 4])
    file = io.BytesIO()
    like.save(file, 'PNG')
    like = Image.open(file)
    ids = np.array([[0, 1], [7, 200]], np.uint8)
    image = Image.open(io.BytesIO(encode_label(ids, like)))
    assert image.mode == 'P' and np.array_equal(np.array(image), ids)
    assert image.getpalette()[:6] == [9, 8, 7, 6, 5, 4]


def test_inconsistent_frames_are_left_as_they_were(gta5, tmp_path):
    """Left halves: road, sidewalk, (ignored), building, (ignored), car: half of the others."""
    tiny.write_pair(gta5, '00002', [7] + [3] * 10 + [7])
    tiny.write_pair(gta5, '00003', [3] * 6 + [7] * 6)
    tiny.write_pair(gta5, '00004', [3] * 12)
    outcome = translate(gta5, tmp_path / 'dst', min_consistency=0.6)
    shares = {
        e['name'][-9:-4]: tuple(e['variants'][0].values())
        for e in manifest(tmp_path / 'dst')['frames']
    }
    kept = {name for name, (_, _, translated) in shares.items() if not translated}
    assert kept == {'00001', '00002', '00005', '00006'} and len(outcome.done.entries) == 6
    assert shares['00001'] == (None, 0.5, False)
    assert shares['00003'] == shares['00004'] == (None, 1.0, True)
    source, made = snapshot(gta5), snapshot(tmp_path / 'dst')
    assert {n for n in source if source[n] == made[n] and n.startswith('images')} == {
        f'images/{stem}.png' for stem in kept
    }
    assert manifest(tmp_path / 'dst')['counts']['untranslated'] == 4


def test_variants_and_styles(gta5, tmp_path):
    translator = Styled(CITYSCAPES19.classes)
    translate(gta5, tmp_path / 'three', translator, variants=3)
    translate(gta5, tmp_path / 'one', translator)
    translate(gta5, tmp_path / 'fixed', translator, style=5)
    three, one = snapshot(tmp_path / 'three'), snapshot(tmp_path / 'one')
    assert len(three) == 3 * 12 + 1 and len(one) == 13
    for name in one.keys() - {'manifest.json'}:
        assert three[f'variant_0/{name}'] == one[name]
    styles = [v['style'] for e in manifest(tmp_path / 'three')['frames'] for v in e['variants']]
    assert len(set(styles)) == 18
    image = cv2.imread(str(tmp_path / 'three/variant_2/images/00001.png'))
    original = cv2.imread(str(gta5 / 'images/00001.png'))
    assert np.array_equal(image, (255 - original) + np.uint8(styles[2] % 100))
    for entry in manifest(tmp_path / 'fixed')['frames']:
        assert entry['variants'][0]['style'] == 5


def test_known_bad_pairs_are_left_out_and_listed(gta5, tmp_path):
    tiny.write_pair(gta5, '15188', [7] * 12)
    tiny.write_pair(gta5, '00099', [7] * 12, image_size=(4, 9))
    (gta5 / 'labels/00006.png').unlink()
    translate(gta5, tmp_path / 'dst')
    content = manifest(tmp_path / 'dst')
    assert sorted(content['left_out']) == ['00006', '00099', '15188']
    assert '9 x 4' in content['left_out']['00099'] and content['counts']['left_out'] == 3
    assert [e['name'] for e in content['frames']] == [f'images/0000{n}.png' for n in range(1, 6)]


def test_wrappers_and_splits(gta5, tmp_path):
    def part(**more):
        return dict(
            type='GTA5Dataset', data_root=str(gta5), pipeline=[dict(type='Nothing')], **more
        )

    (gta5 / 'few.txt').write_text('00002\n00005\n')
    few = part(ann_file='few.txt')
    path = tmp_path / 'config.py'
    both = dict(
        type='ConcatDataset', datasets=[dict(type='RepeatDataset', times=3, dataset=few), few]
    )
    unpaired = dict(type='UnpairedDataset', source=part(), target=dict(type='Anything'))
    path.write_text(
        f'train_dataloader = dict(dataset={both!r})\n'
        f'val_dataloader = dict(dataset={unpaired!r})\n'
        f'dataset = {part(indices=1)!r}\n'
    )
    for split, count in (None, 2), ('train', 2), ('val', 6):
        source = open_source(path, list(CITYSCAPES19.classes), split)
        assert len(source.frames) == count
    path.write_text(f'dataset = {part(indices=1)!r}\n')
    assert len(open_source(path, list(CITYSCAPES19.classes)).frames) == 1


# ------------------------------------------------------------------------ killed, and several ranks


def slowly(src, dst, seconds=0.02, shard=None):
    torch.set_num_threads(1)
    translate(src, dst, Inverter(CITYSCAPES19.classes, seconds), shard=shard)


def fork(*args, **kwargs):
    context = multiprocessing.get_context('fork')
    process = context.Process(target=slowly, args=args, kwargs=kwargs, daemon=True)
    process.start()
    return process


def test_killed_at_random_moments(tmp_path):
    (tmp_path / 'gta5').mkdir()
    gta5 = write_gta5(tmp_path / 'gta5', 40)
    slowly(gta5, tmp_path / 'undisturbed', 0)
    dst, rng = tmp_path / 'dst', np.random.default_rng(0)
    for _ in range(8):
        files = list(dst.rglob('*.png'))
        process = fork(gta5, dst)
        more, limit = rng.integers(1, 8), time.monotonic() + 120
        while len(list(dst.rglob('*.png'))) < len(files) + more:
            assert process.is_alive() and time.monotonic() < limit
            time.sleep(0.001)
        time.sleep(0.02 * rng.random())
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL and not (dst / 'manifest.json').exists()
        assert all(cv2.imread(str(path)) is not None for path in dst.rglob('*.png'))
    slowly(gta5, dst, 0)
    assert snapshot(dst) == snapshot(tmp_path / 'undisturbed')


def test_what_is_done_is_not_done_again(gta5, tmp_path):
    dst = tmp_path / 'dst'
    translate(gta5, dst)
    before = {p: p.stat().st_mtime_ns for p in dst.rglob('*.png')}
    (dst / 'labels/00004.png').unlink()
    # A line that was cut, a frame that was begun, half a file of a process that was killed.
    part = next((dst / 'manifest.parts').glob('rank0-*.jsonl'))
    lines = [line for line in part.read_text().splitlines() if '00002' not in line]
    part.write_text('\n'.join([*lines, '{"begin": "images/00002.png"}', '{"name": "ima']))
    half = dst / 'images/.00002.png.7-0123abcd.part'
    half.write_bytes(b'half')
    os.utime(half, (1, 1))
    translate(gta5, dst)
    after = {p: p.stat().st_mtime_ns for p in dst.rglob('*.png')}
    assert {p.stem for p in before if before[p] != after[p]} == {'00002', '00004'}
    assert not half.exists() and len(manifest(dst)['frames']) == 6


def test_two_ranks_at_once_and_one_after_the_other(gta5, tmp_path):
    bad = gta5 / 'images/00002.png'
    bad.write_bytes(bad.read_bytes()[:40])
    translate(gta5, tmp_path / 'one')
    expected = snapshot(tmp_path / 'one')
    assert 'images/00002.png' not in expected and len(manifest(tmp_path / 'one')['frames']) == 5
    for order in ([0, 1], [1, 0]):
        dst = tmp_path / f'after{order[0]}'
        assert translate(gta5, dst, shard=Shard(order[0], 2)).pending == 3
        assert not (dst / 'manifest.json').exists()
        assert translate(gta5, dst, shard=Shard(order[1], 2)).pending == 0
        assert snapshot(dst) == expected
    for attempt in range(4):
        dst = tmp_path / f'at_once{attempt}'
        ranks = [fork(gta5, dst, 0.01, Shard(r, 3)) for r in range(3)]
        for rank in ranks:
            rank.join(120)
        assert [r.exitcode for r in ranks] == [0] * 3
        assert snapshot(dst) == expected


def test_another_number_of_ranks_goes_on(gta5, tmp_path):
    translate(gta5, tmp_path / 'one')
    dst = tmp_path / 'dst'
    assert translate(gta5, dst, shard=Shard(1, 3)).pending == 4
    first = {p: p.stat().st_mtime_ns for p in dst.rglob('*.png')}
    assert translate(gta5, dst, shard=Shard(1, 2)).pending == 2  # 2 was done, 4 and 6 were not
    assert translate(gta5, dst).pending == 0
    assert {p: p.stat().st_mtime_ns for p in first} == first
    assert snapshot(dst) == snapshot(tmp_path / 'one')


def test_the_tool_killed(tmp_path, ckpt, tool):
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
    assert 'dst holds 40 frames; ' in tool(ckpt, path, tmp_path / 'dst', '--device', 'cpu')
    assert len(manifest(tmp_path / 'dst')['frames']) == 40


# ------------------------------------------------------------------------------------- bad frames


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


def test_frames_that_cannot_be_read_are_listed(gta5, tmp_path, tool):
    copy = shutil.copytree(gta5, tmp_path / 'copy')
    ckpt, dst = write_checkpoint(tmp_path / 'c.pth', CITYSCAPES19), tmp_path / 'dst'
    cfg = dict(type='GTA5Dataset', data_root=str(gta5), check_sizes=False)
    path, reasons = config(tmp_path, cfg), spoil(gta5)
    for _ in range(2):
        said = tool(ckpt, path, dst, '--device', 'cpu')
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
    said = tool(ckpt, path, dst, '--device', 'cpu')
    assert 'holds 6 frames; ' in said and said.endswith('(see manifest.json)\n')
    assert manifest(dst)['unreadable'] == {}


def test_any_broken_file_is_a_frame_that_cannot_be_read(gta5):
    """Bytes changed at random: read, or refused; never anything else."""
    source = open_source(gta5, list(CITYSCAPES19.classes))
    rng, refusals = np.random.default_rng(0), 0
    for number in range(300):
        frame = source.frames[number % 6]
        for path in map(Path, (frame.image_path, frame.label_path)):
            data = bytearray(path.read_bytes())
            data[rng.integers(len(data))] = rng.integers(256)
            path.write_bytes(data)
        try:
            read_pair(frame, source)
        except InputError as error:
            tiny.assert_one_sentence(str(error))
            refusals += 1
        if number % 60 > 53:
            write_gta5(gta5)
    assert refusals > 50


# ------------------------------------------------------------------------------------ refused


def refused(call, message):
    with pytest.raises(InputError) as error:
        call()
    assert message in str(error.value), str(error.value)
    tiny.assert_one_sentence(str(error.value))


def test_other_settings_are_refused(gta5, tmp_path):
    dst, styled = tmp_path / 'dst', Styled(CITYSCAPES19.classes)
    translate(gta5, dst, styled)
    before = snapshot(dst)
    for settings, message in (
        (dict(variants=2), 'was begun with variants = 1, but now it is 2'),
        (dict(style=3), 'was begun with style = None, but now it is 3'),
        (dict(min_consistency=0.5), 'was begun with min_consistency = 0.0'),
    ):
        refused(lambda s=settings: translate(gta5, dst, styled, **s), message)
    other = Styled(CITYSCAPES19.classes)
    other.digest = b'another'
    refused(
        lambda: translate(gta5, dst, other), f'was begun with checkpoint = {styled.digest.hex()}'
    )
    copy = shutil.copytree(gta5, tmp_path / 'copy')
    refused(lambda: translate(copy, dst, styled), f'was begun with source = {gta5}')
    assert snapshot(dst) == before
    (dst / 'manifest.parts/settings.json').write_text('[]')
    refused(lambda: translate(gta5, dst, styled), 'was begun with')


def test_nothing_of_others_is_overwritten(gta5, tmp_path):
    for dst in (gta5, gta5 / 'new', gta5 / 'images'):
        refused(lambda d=dst: translate(gta5, d), 'lies in the source')
    refused(lambda: translate(gta5, tmp_path), "holds 'gta5', which was not written here")
    link = tmp_path / 'link'
    link.symlink_to(gta5)
    refused(lambda: translate(gta5, link / 'new'), 'lies in the source')
    mine = tmp_path / 'mine'
    mine.mkdir()
    (mine / 'notes.txt').write_text('mine')
    refused(lambda: translate(gta5, mine), "holds 'notes.txt', which was not written here")
    refused(lambda: translate(gta5, mine / 'notes.txt'), 'is a file; name a folder')
    assert snapshot(mine) == {'notes.txt': b'mine'}
    # Put there since.
    dst = tmp_path / 'dst'
    translate(gta5, dst, shard=Shard(0, 2))
    (dst / 'images/00002.png').write_text('mine')
    refused(lambda: translate(gta5, dst), 'images/00002.png was not written here, so it is not')
    assert (dst / 'images/00002.png').read_text() == 'mine'
    assert not (gta5 / 'new').exists()


def test_a_full_disk(gta5, tmp_path, monkeypatch):
    written, write = [], run.write_bytes

    def until_full(path, data):
        if len(written) == 5:
            raise OSError(errno.ENOSPC, 'No space left on device')
        written.append(path)
        write(path, data)

    monkeypatch.setattr(run, 'write_bytes', until_full)
    refused(lambda: translate(gta5, tmp_path / 'dst'), 'is full; make room, and the same command')
    monkeypatch.undo()
    translate(gta5, tmp_path / 'dst')
    translate(gta5, tmp_path / 'other')
    assert snapshot(tmp_path / 'dst') == snapshot(tmp_path / 'other')


def test_datasets_that_do_not_fit(gta5, tmp_path):
    def of(dataset, **kwargs):
        path = config(tmp_path, dataset)
        return lambda: translate(path, tmp_path / 'dst', **kwargs)

    plain_gta5 = dict(type='GTA5Dataset', data_root=str(gta5))
    ministreets = Inverter(CLASS_SETS['ministreets'].classes)
    letters = Inverter('abc')
    refused(lambda: translate(gta5, tmp_path / 'dst', letters), 'but GTA5 labels are read as')
    refused(of(plain_gta5, translator=ministreets), 'but the dataset has')
    refused(lambda: translate(gta5 / 'images', tmp_path / 'dst'), 'holds no images/')
    refused(lambda: translate(tmp_path / 'no', tmp_path / 'dst'), 'neither a GTA5 folder nor')
    refused(lambda: translate(gta5, tmp_path / 'dst', split='val'), "--split is 'val', but")
    refused(of(plain_gta5, split='val'), 'has no val_dataloader.dataset')
    refused(of(dict(plain_gta5, type='NoDataset')), 'NoDataset is not in')
    refused(of(dict(plain_gta5, data_root='nowhere')), "'nowhere/images' does not exist")
    refused(of(dict(plain_gta5, data_prefix=dict(img_path='images'))), 'has no label')
    refused(
        of(dict(type='PseudoLabelDataset', dataset=plain_gta5, folder='x')),
        'is a PseudoLabelDataset',
    )
    refused(of(dict(type='MultiImageMixDataset', dataset=plain_gta5)), 'is a MultiImageMixDataset')
    other = shutil.copytree(gta5, tmp_path / 'other')
    roots = [plain_gta5, dict(plain_gta5, data_root=str(other))]
    refused(of(dict(type='ConcatDataset', datasets=roots)), 'one folder can take the place of one')
    apart = dict(img_path='images', seg_map_path=str(other / 'labels'))
    refused(of(dict(plain_gta5, data_prefix=apart)), 'does not lie below data_root')
    suffixes = dict(type='BaseSegDataset', img_suffix='.txt', metainfo=CITYSCAPES19.metainfo)
    (gta5 / 'images/1.txt').write_text('')
    refused(of(dict(plain_gta5, **suffixes)), "images/1.txt ends in none of ('.png'")
    tiny.write_pair(gta5, '15188', [7])
    refused(of(plain_gta5), "leave them out with bad_pairs='skip'")
    (tmp_path / 'config.py').write_text('dataset = dict(')
    refused(lambda: translate(tmp_path / 'config.py', tmp_path / 'dst'), 'cannot be read')
    assert not (tmp_path / 'dst').exists()


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
def test_wrong_arguments(gta5, tmp_path, tool, args, message, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    ckpt = write_checkpoint(tmp_path / 'c.pth', CITYSCAPES19)
    said = tool(ckpt, gta5, tmp_path / 'dst', *args)
    assert message in said and not (tmp_path / 'dst').exists()
    tiny.assert_one_sentence(said)


def test_wrong_command_lines(gta5, tmp_path, tool, capsys):
    assert 'there is no checkpoint at' in tool('no.pth', gta5, tmp_path / 'dst')
    ckpt = write_checkpoint(tmp_path / 'c.pth', CITYSCAPES19)
    (tmp_path / 'file').write_text('')
    said = tool(ckpt, gta5, tmp_path / 'file/dst', '--device', 'cpu')
    assert 'Not a directory' in said and 'name another' in said
    tiny.assert_one_sentence(said)
    for args in ([ckpt, gta5], ['--cache', 'c.py', ckpt], ['--cache', 'c.py', '--variants', 2]):
        assert tool(*args) == '2'


def test_styles_need_class_colors(gta5, tmp_path):
    for settings in (dict(variants=2), dict(style=1)):
        refused(lambda s=settings: translate(gta5, tmp_path / 'dst', **s), 'trained without')


# --------------------------------------------------------------------------------- the cache


@pytest.fixture
def training(tmp_path, ckpt, frames):
    """Writes a training config; gives its path and its dataset's pipeline built."""

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


def test_training_reads_all_frames_from_a_filled_cache(training, tool):
    path, cfg = training(
        before=[dict(type='Resize', scale=(16, 12))],
        after=[dict(type='RandomFlip', prob=0.5), dict(type='PhotoMetricDistortion')],
    )
    assert '12 translations were added to the cache, 0 were there' in tool('--cache', path)
    dataset = DATASETS.build(cfg)
    (step,) = (t for t in dataset.pipeline.transforms if isinstance(t, SemGANTranslate))
    step._make = lambda *_: pytest.fail('translated')
    cfg['pipeline'][3]['cache_dir'] = ''
    fresh = DATASETS.build(cfg)
    for seed in range(8):
        for i in range(len(dataset)):
            found = []
            for one in (dataset, fresh):
                np.random.seed(seed)
                found.append(one[i])
            assert torch.equal(*(f['inputs'] for f in found))
    assert step.translators[0].cache.counts.missing == step.translators[0].cache.counts.broken == 0
    assert step.translators[0].cache.counts.read == 32
    # Again: nothing to do, but for what was broken or lost.
    files = sorted(step.translators[0].cache.folder.rglob('*.pair'))
    assert len(files) == 12
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:-1])
    assert '2 translations were added to the cache, 10 were there' in tool('--cache', path)


def test_compiled_for_files_and_for_the_cache(training, tool, gta5, tmp_path, ckpt, monkeypatch):
    compiled = []
    monkeypatch.setattr(Translator, 'compile', lambda translator: compiled.append(translator))
    tool('--cache', training(style=1)[0])
    assert not compiled
    tool('--cache', training(style=2)[0], '--compile')
    assert len(compiled) == 1  # the transform's own is left as it is
    tool(ckpt, training()[0], tmp_path / 'dst', '--compile')
    assert len(compiled) == 2


def test_ranks_share_the_filling(training, tool, monkeypatch):
    path, _ = training(style=1)
    for rank in '01':
        monkeypatch.setenv('RANK', rank)
        monkeypatch.setenv('WORLD_SIZE', '2')
        assert '2 translations were added to the cache, 0 were' in tool('--cache', path)


@pytest.mark.parametrize(
    'step',
    [
        dict(type='RandomFlip', prob=0.5),
        dict(type='RandomCrop', crop_size=(16, 16)),
        dict(type='PhotoMetricDistortion'),
    ],
)
def test_a_cache_cannot_help_after_random_transforms(training, tool, step):
    path, _ = training(before=[step])
    said = tool('--cache', path)
    assert f'move {step["type"]} after SemGANTranslate' in said
    tiny.assert_one_sentence(said)


def test_random_transforms_of_others_are_noticed(training, tool):
    from mmseg.registry import TRANSFORMS

    class Noise:
        def __call__(self, results):
            results['img'] = results['img'] ^ np.random.randint(2, size=1).astype(np.uint8)
            return results

    TRANSFORMS.register_module(name='Grain', module=Noise, force=True)
    path, _ = training(before=[dict(type='Grain')])
    assert 'Noise is random and comes before SemGANTranslate' in tool('--cache', path)


def test_caches_that_cannot_be_filled(training, tool, tmp_path, gta5):
    path, _ = training(cache_dir='')
    assert "SemGANTranslate keeps nothing (cache_dir='', or" in tool('--cache', path)
    path, _ = training(cache_max_bytes=4000)
    with pytest.warns(UserWarning, match='takes no more frames'):
        said = tool('--cache', path)
    assert 'takes no more frames: it holds cache_max_bytes' in said and 'raise cache' in said
    path = config(tmp_path, dict(type='GTA5Dataset', data_root=str(gta5), pipeline=LOAD))
    assert 'so there is no cache to fill' in tool('--cache', path)


def test_unreadable_frames_of_a_filling_are_listed(tmp_path, ckpt, tool):
    tiny.write_frames(tmp_path / 'src', [np.full((16, 24), n) for n in (1, 2, 3)])
    (tmp_path / 'src/images/0.png').write_bytes(b'no image')
    tiny.write_frames(tmp_path / 'ids', [np.full((16, 24), 99)])
    shutil.copy(tmp_path / 'ids/labels/0.png', tmp_path / 'src/labels/2.png')
    step = dict(type='SemGANTranslate', ckpt=str(ckpt))
    classes = load_translator(ckpt).classes
    cfg = tiny.folder_dataset(tmp_path / 'src', classes, [*LOAD, step])
    said = tool('--cache', config(tmp_path, cfg))
    assert '4 translations were added to the cache' in said and '2 frames could not be' in said
    assert 'images/0.png' in said and 'holds the ids [99]' in said and said.endswith('\n1')


# ----------------------------------------------------------------------------------- small parts


def test_thread_pipeline_keeps_order_and_little_in_memory():
    alive, most = set(), []

    def read(i):
        alive.add(i)
        most.append(len(alive))
        time.sleep(0.002 * (i % 3))
        return i

    def write(i):
        time.sleep(0.002 * (i % 2))
        return i * 2

    results = []
    for result in run_thread_pipeline(range(60), read, lambda i: i, write, workers=2):
        alive.remove(result // 2)
        results.append(result)
    assert results == list(range(0, 120, 2)) and max(most) <= 4 * 2 + 2


@pytest.mark.parametrize('stage', range(3))
def test_thread_pipeline_passes_errors_on(stage):
    def fail(i):
        if i == 3:
            raise OSError('here')
        return i

    stages = [lambda i: i] * 3
    stages[stage] = fail
    with pytest.raises(OSError, match='here'):
        list(run_thread_pipeline(range(30), *stages, workers=2))


def test_disk_and_network_work_at_once():
    def wait(i):
        time.sleep(0.02)
        return i

    start = time.monotonic()
    assert len(list(run_thread_pipeline(range(15), wait, wait, wait, workers=1))) == 15
    assert time.monotonic() - start < 0.75 * 15 * 0.06
