"""The translator of a trained SemGAN."""

import os
import shutil

import numpy as np
import pytest
import tiny
import torch
from translator_tester import TranslatorTester

from semgan_aug import load_translator
from semgan_aug.core.encoding import encode_ids, encode_image, join
from semgan_aug.core.errors import InputError
from semgan_aug.models.class_colors import align_class_colors


class TestSemGAN(TranslatorTester):
    @pytest.fixture(scope='class')
    def translator(self, ckpt):
        return load_translator(ckpt)


class TestSemGANWithoutClassColors(TranslatorTester):
    @pytest.fixture(scope='class')
    def translator(self, ckpt):
        translator = load_translator(ckpt)
        translator.colors = None
        return translator


def test_is_the_generator_of_the_checkpoint(ckpt, pair):
    """Pixel by pixel what G makes of the pair, without any padding at a multiple of 4."""
    image, ids = pair
    translator = load_translator(ckpt)
    weights = torch.load(ckpt, weights_only=True)['state_dict']
    for name, value in translator.generator.state_dict().items():
        assert torch.equal(value, weights[f'G.{name}'])
    x = encode_image(torch.from_numpy(image).permute(2, 0, 1)[None])
    coded = join(x, encode_ids(torch.from_numpy(ids)[None], 10))
    style = translator.colors.draw(0)[None]
    with torch.no_grad():
        output, scores = translator.generator(align_class_colors(coded, style))
        output = align_class_colors(join(output, coded[:, 3:]), style)[:, :3]
    new_image, new_ids = translator.translate(image, ids)
    expected = np.rint((output[0].permute(1, 2, 0).numpy() + 1) * 127.5)
    assert np.abs(new_image - expected).max() <= 1
    keep = ids != 255
    assert np.array_equal(new_ids[keep], scores[0].argmax(0).numpy()[keep])


def test_padding_is_cut_off_where_it_was_put(ckpt, pair):
    """A frame padded by hand, as the translator does, gives the same upper left part."""
    image, ids = pair
    image, ids = image[:13, :22], ids[:13, :22]
    padded = [
        np.pad(a, [(0, 3), (0, 2)] + [(0, 0)] * (a.ndim - 2), 'reflect') for a in (image, ids)
    ]
    translator = load_translator(ckpt)
    for part, whole in zip(translator.translate(image, ids), translator.translate(*padded)):
        assert np.array_equal(part, whole[:13, :22])


def test_each_style_has_its_own_light(ckpt, pair):
    translator = load_translator(ckpt)
    images = [translator.translate(*pair, style=k)[0] for k in (0, 1, 0)]
    assert np.array_equal(images[0], images[2]) and not np.array_equal(images[0], images[1])


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which(os.environ.get('CXX', 'g++')), reason='no C++ compiler')
def test_compiled_it_gives_the_same(ckpt, pair):
    eager, compiled = load_translator(ckpt), load_translator(ckpt, compile=True)
    assert compiled.generator._compiled_call_impl is not None
    for style in (0, 1):
        one, two = (t.translate(*pair, style=style) for t in (eager, compiled))
        assert np.abs(one[0].astype(int) - two[0]).max() <= 1
        assert (one[1] != two[1]).mean() < 0.005


def test_without_a_compiler(ckpt, monkeypatch):
    def broken(function):
        raise RuntimeError('InvalidCxxCompiler: no working\nC++ compiler found')

    monkeypatch.setattr(torch, 'compile', broken)
    with pytest.raises(InputError, match='no working C.. compiler') as error:
        load_translator(ckpt, compile=True)
    tiny.assert_one_sentence(str(error.value))


def test_card(ckpt):
    translator = load_translator(ckpt)
    assert translator.direction == 'source2target'
    assert len(translator.classes) == len(translator.palette) == tiny.NUM_CLASSES
    assert not translator.generator.training


def test_output_is_outside_of_autograd(ckpt, pair):
    with torch.enable_grad():
        image, _ = load_translator(ckpt).translate(*pair)
    torch.from_numpy(image).float().requires_grad_()  # an ordinary tensor
