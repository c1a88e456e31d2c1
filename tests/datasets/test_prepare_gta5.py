"""The check of a GTA5 download, its frame lists and statistics, on drawn frames."""

import json
import os
import struct
import subprocess
import sys
import zlib
from functools import partial

import pytest
import tiny
from mmseg.registry import DATASETS

from semgan_aug.core.errors import InputError
from semgan_aug.core.progress import Progress
from semgan_aug.datasets import prepare_gta5 as prepare

TOOL = tiny.REPO / 'tools' / 'prepare_gta5.py'


@pytest.fixture
def run(run_tool):
    return partial(run_tool, 'prepare_gta5')


class Silent(Progress):
    """Shows nothing and keeps every number of frames done."""

    def __init__(self):
        super().__init__('', '', shown=False)
        self.steps = []

    def begin(self, done, total):
        self.steps.append(done)
        super().begin(done, total)

    def update(self, done, task=None):
        self.steps.append(done)
        super().update(done, task)


def snapshot(root):
    return {p: p.read_bytes() for p in root.rglob('*') if p.is_file()}


def test_everything_wrong_is_counted_and_named(roads, run):
    tiny.write_pair(roads, '15188', [7] * 8)
    tiny.write_pair(roads, '00011', [7] * 8, image_size=(4, 9))
    tiny.write_pair(roads, '00012', [7] * 7 + [35])
    for n in (13, 14, 15, 16, 17):
        tiny.write_pair(roads, f'{n:05d}', [7] * 8)
    (roads / 'labels/00013.png').unlink()
    (roads / 'images/00014.png').unlink()
    image, label = roads / 'images/00015.png', roads / 'labels/00016.png'
    image.write_bytes(image.read_bytes()[:-5])
    damaged = bytearray((roads / 'images/00017.png').read_bytes())
    damaged[damaged.index(b'IDAT') + 8] ^= 1  # one bit in the middle
    (roads / 'images/00017.png').write_bytes(damaged)
    label.write_bytes(label.read_bytes()[:-40])
    before = snapshot(roads)
    assert '10 of 18 frames can be used' in run(roads, '--sample', 5)
    problems = json.loads((roads / 'problems.json').read_text())
    assert sorted(problems) == [*(f'000{n}' for n in range(11, 18)), '15188']
    assert problems['00012'] == 'label holds the id 35, above 34'
    assert problems['00013'] == 'no label' and problems['00014'] == 'no image'
    assert problems['00015'] == problems['00017'] == 'image is damaged or cut short'
    assert 'cannot be decoded' in problems['00016'] and '9 x 4' in problems['00011']
    after = snapshot(roads)
    assert {p: after[p] for p in before} == before
    assert (roads / 'splits/sample_5.txt').read_text().split() == [
        '00001',
        '00003',
        '00005',
        '00007',
        '00009',
    ]
    # The datasets read the lists.
    dataset = DATASETS.build(
        dict(type='GTA5Dataset', data_root=str(roads), ann_file='splits/usable.txt')
    )
    assert len(dataset) == 10


def test_the_sample_is_of_train():
    stems = [f'{n:05d}' for n in range(1, 2101)]
    lists = prepare.split_lists(stems, 500)
    train, val, sample = (lists[f'splits/{name}.txt'] for name in ('train', 'val', 'sample_500'))
    assert val == stems[1900:2000] and sorted(train + val) == stems
    assert len(sample) == 500 and set(sample) <= set(train)
    assert sample[:3] == ['00001', '00005', '00009'] and sample[-1] == '02097'
    with pytest.raises(InputError, match='--sample is 2001, but 1 ... 2000 frames of the split'):
        prepare.split_lists(stems, 2001)


def test_daformers_files(roads, run):
    assert 'can be used' in run(roads)
    read = {p.name: json.loads(p.read_text()) for p in roads.glob('sample*.json')}
    file = 'labels/00003_labelTrainIds.png'
    assert {'0': 28, '12': 4, 'file': file} in read['sample_class_stats.json']
    assert read['sample_class_stats_dict.json'][file] == {'0': 28, '12': 4}
    assert read['samples_with_class.json']['12'] == [[file, 4]]
    assert len(read['samples_with_class.json']['0']) == 10


def test_files_of_others_are_not_overwritten(roads, run):
    (roads / 'splits').mkdir()
    (roads / 'splits/train.txt').write_text('mine\n')
    before = snapshot(roads)
    assert 'train.txt was not written by this tool' in run(roads)
    after = snapshot(roads)
    assert {p: v for p, v in after.items() if p.parent.name != prepare.PARTS} == before
    # Its own files it replaces: a frame fewer.
    (roads / 'splits/train.txt').unlink()
    assert 'can be used' in run(roads)
    (roads / 'images/00010.png').unlink()
    assert 'can be used' in run(roads)
    assert len((roads / 'splits/train.txt').read_text().split()) == 9


def test_what_was_read_is_kept(roads, tmp_path_factory):
    out = tmp_path_factory.mktemp('out')
    stems, _ = prepare.find_frames(roads)
    first = prepare.check_all(roads, out, stems[:6], 1, Silent())
    (journal,) = (out / prepare.PARTS).iterdir()
    with open(journal, 'a') as file:
        file.write('{"stem": "000')  # killed while it wrote
    os.utime(roads / 'labels/00002.png', ns=(0, 0))  # replaced since
    progress = Silent()
    again = prepare.check_all(roads, out, stems, 1, progress)
    assert progress.steps == [5, 6, 7, 8, 9, 10] and len(again) == 10
    assert {s: again[s] for s in first} == first


@pytest.mark.slow
def test_killed_it_goes_on(tmp_path, run):
    for n in range(1, 801):
        tiny.write_pair(tmp_path, f'{n:05d}', [7] * 8)
    process = subprocess.Popen([sys.executable, TOOL, str(tmp_path), '--workers', '1'])
    parts = tmp_path / prepare.PARTS
    # Its worker ends, too.
    tiny.kill_when(process, lambda: sum(p.stat().st_size for p in parts.glob('*')) > 5000)
    assert parts.exists() and not (tmp_path / 'splits').exists()
    assert 'can be used' in run(tmp_path)
    assert not parts.exists()
    assert len((tmp_path / 'splits/usable.txt').read_text().split()) == 800


def test_odd_lines_of_a_killed_run_do_not_count(roads, tmp_path_factory):
    out = tmp_path_factory.mktemp('out')
    stamp = json.dumps(prepare._stamp(roads, '00001'))
    lines = ['[1, 2]', '"x"', '7', '{"stem": "00001"}', '{"stamp": [1]}', '{"stem": 5}', '\xff']
    lines += ['{"stem": [1], "counts": {}, "stamp": []}']
    lines += [f'{{"stem": "00001", "stamp": {stamp}}}', '{"stem": "99999", "counts": {}}']
    (out / prepare.PARTS).mkdir()
    (out / prepare.PARTS / 'rank0-1.jsonl').write_bytes('\n'.join(lines).encode('latin-1'))
    found = prepare.check_all(roads, out, [f'{n:05d}' for n in range(1, 11)], 1, Silent())
    assert all('counts' in entry for entry in found.values())
    # A pair that has gone since is not asked for.
    (roads / 'images/00002.png').unlink()
    stems, problems = prepare.find_frames(roads)
    assert len(prepare.check_all(roads, out, stems, 1, Silent())) == 9
    assert problems == {'00002': 'no image'}


def test_killed_twice_it_knows_its_files(roads, monkeypatch):
    files = {'a.txt': b'1'}
    prepare.write_files(roads, files)
    for version in (b'2', b'3'):  # the manifest is written, the file is not
        with monkeypatch.context() as patch:
            patch.setattr(prepare, 'write_bytes', lambda path, data: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                prepare.write_files(roads, {'a.txt': version})
    prepare.write_files(roads, {'a.txt': b'4'})
    assert (roads / 'a.txt').read_bytes() == b'4'


def test_known_bad_frames_in_subfolders(roads):
    for folder in ('images', 'labels'):
        (roads / folder / 'a').mkdir()
        (roads / folder / 'a/15188.png').write_bytes((roads / folder / '00001.png').read_bytes())
    stems, problems = prepare.find_frames(roads)
    assert list(problems) == ['a/15188'] and 'a/15188' not in stems


def test_an_absurd_header_is_a_problem_of_one_frame(roads):
    for folder in ('images', 'labels'):
        path = roads / folder / '00001.png'
        data = bytearray(path.read_bytes())
        data[16:24] = struct.pack('>II', 100000, 100000)
        data[29:33] = struct.pack('>I', zlib.crc32(bytes(data[12:29])))
        path.write_bytes(data)
    assert prepare.check_pair(roads, '00001')['problem'] == 'image is damaged or cut short'


def test_a_frame_that_cannot_be_read_is_a_problem_of_that_frame(roads):
    path = roads / 'images' / '00001.png'
    path.unlink()
    path.mkdir()
    assert prepare.check_pair(roads, '00001')['problem'] == 'cannot be read: Is a directory'


def test_splits_keep_neighbors_together():
    lists = prepare.split_lists([f'{i:05d}' for i in range(4000)], 100)
    assert lists['splits/val.txt'] == [f'{i:05d}' for i in (*range(1900, 2000), *range(3900, 4000))]
    assert len(lists['splits/train.txt']) == 3800
    assert lists['splits/sample_100.txt'][:3] == ['00000', '00038', '00076']


@pytest.mark.parametrize(
    'args, message',
    [
        (['--sample', '11'], '--sample is 11, but 1 ... 10'),
        (['--sample', '0'], '--sample is 0'),
        (['--workers', '0'], '--workers is 0'),
    ],
)
def test_wrong_arguments(roads, args, message, run):
    assert message in run(roads, *args)


def test_wrong_folder(tmp_path, run):
    assert 'does not exist' in run(tmp_path / 'nowhere')
