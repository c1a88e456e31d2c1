"""Files of a frame: read, refused, and encoded as they were."""

import io
from pathlib import Path

import numpy as np
import tiny
from offline_data import write_gta5
from PIL import Image

from semgan_aug.core.classes import CITYSCAPES19
from semgan_aug.core.errors import InputError
from semgan_aug.offline import open_source
from semgan_aug.offline.frames import encode_label, read_pair


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
