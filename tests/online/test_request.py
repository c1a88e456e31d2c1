"""What is served of a frame and its translation."""

import pytest
import torch

from semgan_aug.online.request import TranslationRequest, consistency


def test_consistency():
    ids = torch.tensor([[0, 1, 2, 255]], dtype=torch.uint8)
    new = torch.tensor([[0, 1, 1, 255]], dtype=torch.uint8)
    assert consistency(ids, new) == pytest.approx(2 / 3)
    assert consistency(ids[:, 3:], new[:, 3:]) == 1


IMAGE, IDS = torch.full((2, 4, 3), 10, dtype=torch.uint8), torch.zeros(2, 4, dtype=torch.uint8)
NEW_IMAGE, NEW_IDS = IMAGE + 90, IDS.clone()
NEW_IDS[0] = 1  # half of the pixels keep their class


@pytest.mark.parametrize('labels', ['translated', 'source'])
@pytest.mark.parametrize(
    'min_consistency, agreement, served',
    [(0.0, None, True), (0.25, 0.5, True), (0.5, 0.5, True), (0.75, 0.5, False)],
)
def test_finish(labels, min_consistency, agreement, served):
    request = TranslationRequest('name', 0, None, labels, min_consistency, bytes(16))
    image, ids, found = request.finish(IMAGE, IDS, NEW_IMAGE, NEW_IDS)
    assert found == agreement
    assert torch.equal(image, NEW_IMAGE if served else IMAGE)
    assert torch.equal(ids, NEW_IDS if served and labels == 'translated' else IDS)
