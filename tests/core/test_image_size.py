"""The size from the header is the size that mmseg reads."""

import mmcv
import numpy as np
import pytest
from PIL import Image

from semgan_aug.core.errors import InputError
from semgan_aug.core.image_size import ORIENTATION, image_size


def write(path, orientation=None):
    """A frame of 10 x 4 with that orientation in its EXIF data."""
    exif = Image.Exif()
    if orientation is not None:
        exif[ORIENTATION] = orientation
    pixels = np.random.default_rng(0).integers(0, 256, (4, 10, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, exif=exif)
    return path


@pytest.mark.parametrize('suffix', ['png', 'jpg'])
@pytest.mark.parametrize('orientation', [None, *range(1, 9)])
def test_the_size_that_mmcv_reads(tmp_path, suffix, orientation):
    path = write(tmp_path / f'a.{suffix}', orientation)
    image = mmcv.imread(str(path), flag='color')
    label = mmcv.imread(str(path), flag='unchanged', backend='pillow')
    assert image_size(path, oriented=True) == image.shape[1::-1]
    assert image_size(path) == label.shape[1::-1] == (10, 4)
    assert (image.shape[:2] == (10, 4)) == (orientation in (5, 6, 7, 8))


def test_the_header_is_enough(tmp_path):
    for suffix in ('png', 'jpg'):
        path = write(tmp_path / f'a.{suffix}', 6)
        path.write_bytes(path.read_bytes()[:-40])  # pixels are missing
        assert image_size(path) == (10, 4) and image_size(path, oriented=True) == (4, 10)


@pytest.mark.parametrize('data', [b'', b'<html>', b'\x89PNG\r\n\x1a\n'])
def test_no_image(tmp_path, data):
    path = tmp_path / 'a.png'
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.png' is not an image file; download it again"):
        image_size(path)


def test_formats(tmp_path):
    path = write(tmp_path / 'a.jpg')
    assert image_size(path, ('PNG', 'JPEG')) == (10, 4)
    path = path.rename(tmp_path / 'a.png')
    with pytest.raises(InputError, match=r"a\.png' is not a PNG file"):
        image_size(path, ('PNG',))
    with pytest.raises(InputError, match='is not a JPEG file'):
        image_size(write(tmp_path / 'b.png'), ('JPEG',))
    with pytest.raises(FileNotFoundError):
        image_size(tmp_path / 'nowhere.png')
