"""Label consistency, by hand."""

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData

from semgan_aug.evaluation import label_consistency as consistency


class Brightness(torch.nn.Module):
    """A segmenter that sees class k where the image is 10 k."""

    def test_step(self, data):
        sample = data['data_samples'][0]
        seen = torch.nn.functional.one_hot(data['inputs'][0][0].long() // 10, len(CLASSES))
        sample.seg_logits = PixelData(data=seen.permute(2, 0, 1).float())
        return [sample]


class Painter:
    """A translator that paints a third of the sky as tree, and says so of half of that."""

    def translate(self, image, ids, style):
        image, new = image.copy(), ids.copy()
        image[0, :2], new[0, 0] = 20, 2
        return image, new


CLASSES = ['Building', 'Sky', 'Tree', 'Car']
IDS = np.array([[1, 1, 1], [1, 1, 1], [0, 0, 0], [2, 2, 255]], np.uint8)


@pytest.fixture
def frame():
    image = np.where(IDS == 255, 0, IDS) * 10
    return np.repeat(image[..., None], 3, 2).astype(np.uint8), IDS


def test_frames_as_they_are(frame):
    found = consistency.label_consistency(None, Brightness(), CLASSES, [frame])
    assert (found['kept'], found['mIoU']) == (100, 100)
    assert found['IoU'] == dict(Building=100, Sky=100, Tree=100, Car=None)
    assert found['confusions'] == {'sky → vegetation': 0, 'sky → building': 0}


def test_by_hand(frame):
    found = consistency.label_consistency(Painter(), Brightness(), CLASSES, [frame, frame])
    assert found['kept'] == pytest.approx(100 * 10 / 11, abs=0.01)  # 1 of 11 pixels
    # Sky: 4 of 6 seen, nothing else taken for it. Tree: 2 and 2 more that are sky.
    assert found['IoU'] == dict(Building=100, Sky=66.67, Tree=50, Car=None)
    assert found['mIoU'] == pytest.approx((100 + 200 / 3 + 50) / 3, abs=0.01)
    assert found['confusions'] == {'sky → vegetation': 33.33, 'sky → building': 0}


def test_classes_without_a_sky(frame):
    found = consistency.label_consistency(None, Brightness(), ['a', 'b', 'c', 'd'], [frame])
    assert found['confusions'] == {}
