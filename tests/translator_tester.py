"""What every translator must do: subclass :class:`TranslatorTester` and give it a translator."""

import numpy as np
import pytest
import tiny

SIZES = [(1, 1), (3, 7), (17, 33), (64, 96)]


def frame(size: tuple[int, int], num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """A random frame; about one pixel in eight is ignored."""
    rng = np.random.default_rng(size[0])
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    ids = rng.integers(0, num_classes, size, dtype=np.uint8)
    return image, np.where(rng.random(size) < 0.125, 255, ids).astype(np.uint8)


class TranslatorTester:
    """Subclasses define the fixture ``translator`` (``classes``, ``palette``, ``translate``)."""

    @pytest.fixture
    def translator(self):
        raise NotImplementedError

    @pytest.fixture
    def num_classes(self, translator):
        return len(translator.classes)

    def test_says_what_its_ids_mean(self, translator):
        assert len(set(translator.classes)) == len(translator.classes) == len(translator.palette)
        assert all(len(color) == 3 for color in translator.palette)

    @pytest.mark.parametrize('size', SIZES, ids=str)
    def test_any_size_keeps_shape_type_and_ignored_pixels(self, translator, num_classes, size):
        image, ids = frame(size, num_classes)
        new_image, new_ids = translator.translate(image, ids)
        assert type(new_image) is type(new_ids) is np.ndarray
        assert new_image.shape == image.shape and new_image.dtype == np.uint8
        assert new_ids.shape == ids.shape and new_ids.dtype == np.uint8
        assert np.array_equal(new_ids == 255, ids == 255)
        assert new_ids[new_ids != 255].max(initial=0) < num_classes

    def test_an_ignored_frame_stays_ignored(self, translator):
        image, ids = np.full((9, 10, 3), 80, np.uint8), np.full((9, 10), 255, np.uint8)
        assert (translator.translate(image, ids)[1] == 255).all()

    def test_is_deterministic(self, translator, num_classes):
        image, ids = frame((17, 33), num_classes)
        first, other = translator.translate(image, ids), frame((3, 7), num_classes)
        translator.translate(*other)
        for one, two in zip(first, translator.translate(image, ids)):
            assert np.array_equal(one, two)

    def test_reads_the_image(self, translator, num_classes):
        image, ids = frame((16, 24), num_classes)
        other = translator.translate(255 - image, ids)[0]
        assert not np.array_equal(translator.translate(image, ids)[0], other)

    def test_input_is_not_changed(self, translator, num_classes):
        image, ids = frame((17, 33), num_classes)
        copies = image.copy(), ids.copy()
        image.setflags(write=False)
        ids.setflags(write=False)
        new_image, new_ids = translator.translate(image, ids)
        assert np.array_equal(image, copies[0]) and np.array_equal(ids, copies[1])
        new_image[:], new_ids[:] = 0, 0  # the caller's to change

    def test_views_of_larger_arrays(self, translator, num_classes):
        image, ids = frame((34, 66), num_classes)
        views = image[::2, ::-2, ::-1], ids[::2, ::-2]
        expected = translator.translate(*map(np.ascontiguousarray, views))
        for one, two in zip(expected, translator.translate(*views)):
            assert np.array_equal(one, two)

    @pytest.mark.parametrize(
        'spoil, message',
        [
            (lambda image, ids: (image[..., 0], ids), r'the image of a.png .*BGR uint8'),
            (lambda image, ids: (image[..., [0, 1, 2, 0]], ids), r'the image of a.png .*, 4\)'),
            (lambda image, ids: (image.astype(np.uint16), ids), 'the image of a.png is uint16'),
            (lambda image, ids: (image / 255, ids), 'the image of a.png is float64'),
            (lambda image, ids: (image, ids.astype(int)), 'the class map of a.png is int64'),
            (lambda image, ids: (image, image), 'the class map of a.png is uint8'),
            (lambda image, ids: (image[:-1], ids), 'a.png: the image is 33 x 16 and .*33 x 17'),
        ],
        ids=['grayscale', '4-channel', '16-bit', 'float', 'int64 ids', 'color ids', 'size'],
    )
    def test_wrong_input(self, translator, num_classes, spoil, message):
        with pytest.raises(ValueError, match=message) as error:
            translator.translate(*spoil(*frame((17, 33), num_classes)), 'a.png')
        tiny.assert_one_sentence(str(error.value))

    @pytest.mark.parametrize('size', [(0, 0), (0, 5), (5, 0)], ids=str)
    def test_a_frame_without_pixels(self, translator, size):
        with pytest.raises(ValueError, match='a.png has no pixels') as error:
            translator.translate(np.zeros((*size, 3), np.uint8), np.zeros(size, np.uint8), 'a.png')
        tiny.assert_one_sentence(str(error.value))

    def test_ids_outside_the_classes(self, translator, num_classes):
        image, ids = frame((17, 33), num_classes)
        ids[4, 5], ids[5, 6] = num_classes, 254
        found = rf'class map of a.png holds the ids \[{num_classes}, 254\], but .*and 255'
        with pytest.raises(ValueError, match=found) as error:
            translator.translate(image, ids, 'a.png')
        tiny.assert_one_sentence(str(error.value))
