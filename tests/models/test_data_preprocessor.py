"""From a collated batch to encoded tensors."""

import pytest
import tiny
import torch

from semgan_aug.core.errors import InputError
from semgan_aug.models import SemGANDataPreprocessor


def test_what_a_batch_becomes():
    data = tiny.batch(num_classes=3, size=(16, 24), n=2, ignored=2)
    batch = SemGANDataPreprocessor(3)(data)
    assert set(batch) == {'source', 'target'}
    for domain, part in batch.items():
        assert part.image.shape == (2, 3, 16, 24) and part.pair.shape == (2, 6, 16, 24)
        assert part.ids.dtype == torch.uint8 and (part.ids[:, :2] == 255).all()
        raw = torch.stack(data['inputs'][domain]).float()
        torch.testing.assert_close(part.image, raw / 127.5 - 1)
        assert torch.equal(part.pair[:, :3], part.image)
        assert (part.pair[:, 3:, :2] == -1).all()  # ignored pixels are of no class
        assert torch.equal(part.pair[:, 3:, 2:].argmax(1), part.ids[:, 2:].long())


def test_ids_outside_the_classes():
    with pytest.raises(InputError, match=r'a class map of the source holds the ids \[2\]') as error:
        SemGANDataPreprocessor(2)(tiny.batch(num_classes=3))
    tiny.assert_one_sentence(str(error.value))


def test_frames_of_different_size():
    data, other = tiny.batch(size=(16, 16), n=2), tiny.batch(size=(16, 24))
    for part in data:
        data[part]['source'][1] = other[part]['source'][0]
    with pytest.raises(InputError, match=r'source frames of one batch have the sizes') as error:
        SemGANDataPreprocessor(3)(data)
    tiny.assert_one_sentence(str(error.value))


def test_domains_of_different_size():
    model, optim = tiny.build_semgan()
    data, other = tiny.batch(size=(16, 16)), tiny.batch(size=(16, 24))
    for part in data:
        data[part]['target'] = other[part]['target']
    with pytest.raises(ValueError, match='two domains differ in size') as error:
        model.train_step(data, optim)
    tiny.assert_one_sentence(str(error.value))
