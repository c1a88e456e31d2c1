"""What translate_dataset writes: the translator's frames, in the layout of the source."""

import errno
import importlib
import shutil

import cv2
import numpy as np
import pytest
import tiny
import torch
from mmseg.registry import DATASETS
from offline_data import (
    LOAD,
    Inverter,
    Styled,
    config,
    manifest,
    raw,
    refused,
    snapshot,
    translate,
    write_checkpoint,
)
from PIL import Image

from semgan_aug import load_translator
from semgan_aug.core.classes import CAMVID11, CITYSCAPES19, CLASS_SETS
from semgan_aug.offline import Shard
from semgan_aug.online.request import consistency
from semgan_aug.online.transform import SemGANTranslate

# The package has a function of this name.
module = importlib.import_module('semgan_aug.offline.translate_dataset')


@pytest.mark.slow
def test_real_gta5_round_trip(semgan_data, tmp_path, translate_tool):
    src, dst = tmp_path / 'gta5', tmp_path / 'out'
    for kind in ('images', 'labels'):
        (src / kind).mkdir(parents=True)
        for stem in ('00003', '00012'):
            shutil.copy(semgan_data / f'gta5-mini/{kind}/{stem}.png', src / kind)
    ckpt = write_checkpoint(tmp_path / 'c.pth', CITYSCAPES19)
    before = snapshot(src)
    said = translate_tool(ckpt, src, dst, '--device', 'cpu')
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


@pytest.mark.slow
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
    written, write = [], module.write_bytes

    def until_full(path, data):
        if len(written) == 5:
            raise OSError(errno.ENOSPC, 'No space left on device')
        written.append(path)
        write(path, data)

    monkeypatch.setattr(module, 'write_bytes', until_full)
    refused(lambda: translate(gta5, tmp_path / 'dst'), 'is full; make room, and the same command')
    monkeypatch.undo()
    translate(gta5, tmp_path / 'dst')
    translate(gta5, tmp_path / 'other')
    assert snapshot(tmp_path / 'dst') == snapshot(tmp_path / 'other')
