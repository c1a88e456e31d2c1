"""Frame lists and folders: what is missing or wrong is named."""

import pytest
import tiny

from semgan_aug.datasets import GTA5Dataset
from semgan_aug.datasets.checks import list_files, read_stems, size_problem, size_problems, summary


def test_ann_file(gta5):
    (gta5 / 'list.txt').write_text('00002\n\n')
    assert len(GTA5Dataset(data_root=str(gta5), ann_file='list.txt')) == 1


@pytest.mark.parametrize(
    'text, message',
    [
        ('', 'is empty'),
        ('00001.png\n', "list names without '.png', here '00001'"),
        ('00001\n00001\n', 'more than once'),
        ('00001\n00009\n', r'1 of 2 pairs cannot be used.*no image \(\*.png\) in .*images: 00009$'),
    ],
)
def test_wrong_ann_file(gta5, text, message):
    (gta5 / 'list.txt').write_text(text)
    with pytest.raises(ValueError, match=message):
        GTA5Dataset(data_root=str(gta5), ann_file='list.txt')


def test_missing_files_and_folders(gta5, tmp_path):
    with pytest.raises(FileNotFoundError, match="image folder '.*nowhere/images' does not exist"):
        GTA5Dataset(data_root=str(tmp_path / 'nowhere'))
    with pytest.raises(FileNotFoundError, match='ann_file .*none.txt.* does not exist'):
        GTA5Dataset(data_root=str(gta5), ann_file='none.txt')
    (gta5 / 'empty').mkdir()
    prefix = dict(img_path='empty', seg_map_path='labels')
    with pytest.raises(FileNotFoundError, match="holds no file that ends in '.png'"):
        GTA5Dataset(data_root=str(gta5), data_prefix=prefix)
    (gta5 / 'list.txt').write_text('00008\n')
    with pytest.raises(FileNotFoundError, match='none of the 1 pairs can be used'):
        GTA5Dataset(data_root=str(gta5), ann_file='list.txt', bad_pairs='skip')


def test_list_files_is_relative_and_looks_into_subfolders(gta5):
    (gta5 / 'images' / 'sub').mkdir()
    (gta5 / 'images' / 'sub' / 'a.png').touch()
    (gta5 / 'images' / 'notes.txt').touch()
    assert list_files(str(gta5 / 'images'), '.png', 'image') == {
        '00001.png',
        '00002.png',
        'sub/a.png',
    }


def test_read_stems_keeps_the_order(tmp_path):
    (tmp_path / 'list.txt').write_text('b\n\n  a \nc/d\n')
    assert read_stems(str(tmp_path / 'list.txt'), '.png') == ['b', 'a', 'c/d']


def test_summary():
    assert summary(['a']) == 'a' and summary(iter('abc')) == '3 (a, b, c)'


def test_size_problems(gta5):
    tiny.write_pair(gta5, '00003', range(35), image_size=(8, 70))
    (gta5 / 'images' / '00002.png').write_bytes(b'<html>')
    pairs = [
        tuple(str(gta5 / kind / f'0000{n}.png') for kind in ('images', 'labels')) for n in (1, 2, 3)
    ]
    found = size_problems(pairs)
    assert found == [size_problem(pair) for pair in pairs]
    assert found[0] is None and found[2] == 'image is 70 x 8, label 35 x 4'
    assert found[1].endswith("images/00002.png' is not a PNG file")
