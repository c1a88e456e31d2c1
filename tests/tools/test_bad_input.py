"""Bad input gets one sentence: what no other test covers.

Where the others are:

- SemGANTranslate before LoadAnnotations: test_transforms.test_before_load_annotations
- no checkpoint, another model, truncated, holding code: test_checkpoint; at the construction of a
  pipeline: test_transforms.test_wrong_checkpoint_stops_at_construction; in a work dir: test_tools
- a checkpoint of other classes: test_transforms.test_checkpoint_of_other_classes_...
- ids outside the classes: test_unpaired.test_ids_outside_..., TranslatorTester
- image and label of different size: test_transforms.test_pairs_that_do_not_fit, TranslatorTester
- grayscale, 16-bit, 4-channel arrays: the same two; as files: here
- an empty domain, a missing label, source and target classes that differ: test_unpaired
- GTA5's bad pairs, missing folders and lists: test_datasets
"""

import cv2
import numpy as np
import pytest
import tiny
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.registry import DATASETS

from semgan_aug.core.errors import InputError

CLASSES = [f'class {i}' for i in range(3)]

FILES = {
    'grayscale': np.full((16, 24), 90, np.uint8),
    '16-bit': np.full((16, 24, 3), 90 * 256, np.uint16),
    '4-channel': np.full((16, 24, 4), 90, np.uint8),
}


def dataset(root, image, steps, **loading):
    tiny.write_frames(root, [np.zeros((16, 24))])
    cv2.imwrite(str(root / 'images' / '0.png'), image)
    load = [dict(type='LoadImageFromFile', **loading), dict(type='LoadAnnotations')]
    return DATASETS.build(tiny.folder_dataset(root, CLASSES, [*load, *steps]))


@pytest.mark.parametrize('kind', FILES)
def test_unusual_image_files_are_read_as_color(tmp_path, kind):
    """mmseg's default loader makes 8-bit BGR of each, so nothing is wrong with them."""
    results = dataset(tmp_path, FILES[kind], [dict(type='CheckPair')])[0]
    assert results['img'].shape == (16, 24, 3) and (results['img'] == 90).all()


@pytest.mark.parametrize('kind', FILES)
def test_unusual_image_files_read_unchanged_are_named(tmp_path, kind):
    data = dataset(tmp_path, FILES[kind], [dict(type='CheckPair')], color_type='unchanged')
    with pytest.raises(ValueError, match="images/0.png.*color_type='color'") as error:
        data[0]
    tiny.assert_one_sentence(str(error.value))


def test_image_and_label_files_of_different_size(tmp_path):
    data = dataset(tmp_path, np.zeros((8, 24, 3), np.uint8), [dict(type='CheckPair')])
    with pytest.raises(ValueError, match='images/0.png and .*labels/0.png: the image is 24 x 8'):
        data[0]


@pytest.mark.parametrize('num_classes', [5, 20])
def test_a_model_of_other_classes_than_its_data(tmp_path, frames, num_classes):
    """Too many would train and end in a checkpoint that no translator can load."""
    cfg = Config.fromfile(tiny.write_semgan_config(tmp_path, frames))
    cfg.model.num_classes = num_classes
    cfg.work_dir = cfg.experiment_name = str(tmp_path)
    with pytest.raises(
        ValueError, match=f'num_classes={num_classes}, but the data has 10'
    ) as error:
        Runner.from_cfg(cfg).train()
    tiny.assert_one_sentence(str(error.value))
    assert not list(tmp_path.glob('*.pth'))


@pytest.mark.parametrize('what', ['images', 'labels'])
@pytest.mark.parametrize('size', [0, 30, 200])
def test_a_broken_file_is_named(frames, tmp_path, what, size):
    root = tmp_path / 'raw'
    rng = np.random.default_rng(0)
    tiny.write_frames(root, [rng.integers(0, 3, (32, 32)) for _ in range(2)])
    path = root / what / '1.png'
    path.write_bytes(path.read_bytes()[:size])
    domain = tiny.folder_dataset(root)
    dataset = DATASETS.build(dict(type='UnpairedDataset', source=domain, target=domain))
    with pytest.raises(InputError, match='cannot be read .*; copy the file again') as error:
        for _ in range(9):  # whichever partner is drawn
            dataset[1]
    assert str(path) in str(error.value)
    tiny.assert_one_sentence(str(error.value))
