"""A frame translated in strips is the frame translated in one pass."""

import sys

import mmcv
import numpy as np
import pytest
import tiny
import torch
from torch import nn
from translator_tester import TranslatorTester

from semgan_aug.core.classes import CITYSCAPES19, LABEL_IDS
from semgan_aug.core.encoding import encode_ids, encode_image, join
from semgan_aug.models.class_colors import ClassColorBank, generate, measure_style
from semgan_aug.models.networks import ImageGenerator, PairGenerator, UNITAutoencoders
from semgan_aug.translator import strip_network, strips
from semgan_aug.translator import translator as translator_module
from semgan_aug.translator.feature_maps import EncodedFrame, LazyFeatureMap, StoredMap
from semgan_aug.translator.frame_network import FrameNetwork, reflection
from semgan_aug.translator.strip_network import StripNetwork
from semgan_aug.translator.strips import translate_in_strips
from semgan_aug.translator.translator import Translator

NUM_CLASSES = 5
SMALL = dict(base_channels=2, num_blocks=2)
GENERATORS = {
    'all shared': lambda **more: PairGenerator(NUM_CLASSES, **SMALL, **more),
    'one shared': lambda **more: PairGenerator(NUM_CLASSES, shared_blocks=1, **SMALL, **more),
    'none shared, skip': lambda **more: PairGenerator(
        NUM_CLASSES, shared_blocks=0, skip=True, **SMALL, **more
    ),
    'skip, residual': lambda **more: PairGenerator(
        NUM_CLASSES, skip=True, residual=True, **SMALL, **more
    ),
    'nearest': lambda **more: ImageGenerator(**SMALL, **more),
    'transposed': lambda **more: ImageGenerator(upsampling='transposed', **SMALL, **more),
    'UNIT': lambda **more: UNITAutoencoders(**SMALL, **more),
}
PAIRS = ('all shared', 'one shared', 'none shared, skip', 'skip, residual')
#: With the height of a strip at full size: that of the frame, one row, or no divisor of the height.
SIZES = [((1, 1), 8), ((3, 7), 3), ((37, 22), 1), ((61, 18), 7), ((61, 18), 23), ((45, 30), 999)]


@pytest.fixture
def float64(monkeypatch):
    """All that the networks do in float32 is done in float64, in which they can be compared."""
    monkeypatch.setattr(torch.Tensor, 'float', torch.Tensor.double)


def build(name: str, **more) -> nn.Module:
    """Weights and biases, those of norms too, are large enough to matter everywhere."""
    torch.manual_seed(0)
    generator = GENERATORS[name](**more).eval()
    for value in generator.parameters():
        nn.init.normal_(value, std=0.3)
    return generator


def draw(size: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """A frame of blobs in the colors of their classes, some of it ignored, as uint8 tensors."""
    rng = np.random.default_rng(size[0])
    coarse = rng.integers(0, NUM_CLASSES, (-(-size[0] // 5), -(-size[1] // 5)))
    ids = np.kron(coarse, np.ones((5, 5), int))[: size[0], : size[1]]
    image = ids[..., None] * [40, 25, 10] + rng.integers(0, 60, (*size, 3))
    ids[rng.random(size) < 0.1] = 255
    return (
        torch.from_numpy(np.clip(image, 0, 255).astype(np.uint8)).permute(2, 0, 1)[None],
        torch.from_numpy(ids.astype(np.uint8))[None],
    )


def draw_style() -> torch.Tensor:
    """Colors of another frame, without those of one class."""
    image, ids = draw((40, 40))
    style = measure_style(join(-encode_image(image) * 0.7, encode_ids(ids, NUM_CLASSES)))
    style[:, 2] = -1
    return style


def set_strip_height(monkeypatch, width: int, height: int) -> None:
    monkeypatch.setattr(strip_network, 'STRIP_PIXELS', width * height)


def whole_map(lazy: LazyFeatureMap, step: int) -> torch.Tensor:
    read = [lazy.read(i, min(i + step, lazy.height)) for i in range(0, lazy.height, step)]
    return torch.cat(read, 2)


@pytest.mark.parametrize('size, strip', SIZES, ids=str)
@pytest.mark.parametrize('with_style', [False, True], ids=['', 'colors'])
@pytest.mark.parametrize('name', GENERATORS)
@torch.no_grad()
def test_output_is_that_of_one_pass(monkeypatch, float64, name, with_style, size, strip):
    """In float64, before anything is rounded to gray levels."""
    if with_style and name not in PAIRS:
        pytest.skip('methods without class maps have no class colors')
    generator = build(name).double()
    network = FrameNetwork(generator, NUM_CLASSES)
    style = draw_style() if with_style else None
    image, ids = draw(size)
    padded = tuple(network.padded(side) for side in size)
    set_strip_height(monkeypatch, padded[1], strip)
    rows, columns = (reflection(side, to, image.device) for side, to in zip(size, padded))
    x = encode_image(image[:, :, rows][:, :, :, columns])
    like = next(generator.parameters())
    runner = StripNetwork(*padded)
    if name in PAIRS:
        pair = join(x, encode_ids(ids[:, rows][:, :, columns], NUM_CLASSES))
        expected, scores = generate(generator, pair, style)
        frame = EncodedFrame(image, ids, NUM_CLASSES, padded, like)
        output, lazy_scores = runner.generate(generator, frame, style)
        assert (whole_map(lazy_scores, 5) - scores).abs().max() < 1e-9
    else:
        expected = generator(x, 'source', 'target')[0] if name == 'UNIT' else generator(x)
        (output,) = runner.translate(generator, EncodedFrame(image, None, 0, padded, like))
    output = whole_map(output, 5)
    assert output.dtype == expected.dtype == torch.float64
    assert expected.std() > 0.05  # not clipped throughout
    assert (output - expected).abs().max() < 1e-9
    new_image, new_ids = translate_in_strips(network, image, ids, style)
    whole_image, whole_ids = network(image, ids, style)
    assert torch.equal(new_ids, whole_ids)
    assert (new_image.int() - whole_image.int()).abs().max() <= 1  # halves round either way
    assert (new_image != whole_image).float().mean() < 1e-3


def test_maps_that_are_passed_are_forgotten(monkeypatch):
    """While a generator without skips runs, three maps of quarter size, or as much, are stored."""
    image, ids = draw((64, 48))
    alive, most = [0], [0]

    class Counted(StoredMap):
        def write(self, first, strip):
            if self.map is None:
                self.size = strip.shape[1] * self.height * self.width
                alive[0] += self.size
                most[0] = max(most[0], alive[0])
            super().write(first, strip)

        def __del__(self):
            alive[0] -= self.size

    monkeypatch.setattr(strip_network, 'StoredMap', Counted)
    unit = 4 * 2 * 16 * 12  # numbers in a map of quarter size
    frame = 3 * 64 * 48
    for name, units in [('all shared', 3), ('UNIT', 3), ('none shared, skip', 6)]:
        most[0] = 0
        translate_in_strips(FrameNetwork(build(name), NUM_CLASSES), image, ids)
        assert alive[0] == 0
        assert units * unit <= most[0] <= units * unit + (0 if name == 'UNIT' else frame), name


# Real frames


@pytest.fixture(scope='module')
def gta5_frame(semgan_data):
    """A native frame of GTA5 as uint8 tensors, with train ids."""
    folder = semgan_data / 'gta5-native'
    path = min((folder / 'images').glob('*'))
    label = next((folder / 'labels').glob(f'{path.stem}*'))
    table = np.full(256, 255, np.uint8)
    for label_id, name in LABEL_IDS.items():
        if name in CITYSCAPES19.classes and label_id >= 0:
            table[label_id] = CITYSCAPES19.classes.index(name)
    ids = table[mmcv.imread(label, 'unchanged', backend='pillow')]  # ids of the palette
    image = mmcv.imread(path)
    assert image.shape == (1052, 1914, 3) and len(np.unique(ids)) > 8
    return torch.from_numpy(image).permute(2, 0, 1)[None], torch.from_numpy(ids)[None]


def real_network(**more) -> FrameNetwork:
    torch.manual_seed(0)
    return FrameNetwork(
        PairGenerator(19, base_channels=4, num_blocks=2, skip=True, residual=False, **more).eval(),
        19,
    )


@pytest.fixture
def real_crop(monkeypatch, gta5_frame):
    """A part of the frame, and colors for it, to be translated in strips of 50 rows."""
    image, ids = gta5_frame[0][:, :, 400:709, 600:1123], gta5_frame[1][:, 400:709, 600:1123]
    set_strip_height(monkeypatch, 523, 50)
    style = measure_style(join(-encode_image(image) * 0.7, encode_ids(ids, 19)), 0.002)
    return image, ids, style


@pytest.mark.slow
def test_a_real_frame_in_float32(real_crop):
    network = real_network()
    with torch.inference_mode():
        image, ids = network(*real_crop)
    new_image, new_ids = translate_in_strips(network, *real_crop)
    change = (new_image.int() - image.int()).abs()
    assert change.max() <= 1  # halves round either way
    assert (change > 0).float().mean() < 1e-3
    assert (new_ids != ids).float().mean() < 1e-3


@pytest.mark.slow
def test_a_real_frame_in_bfloat16(real_crop):
    """Nearer to one pass in bfloat16 than that is to one in float32.

    Whatever differs in the last bit of float32 rounds to another bfloat16 now and then, which the
    next layers spread.
    """
    with torch.inference_mode():
        exact, _ = real_network()(*real_crop)
        image, ids = real_network(amp_dtype='bfloat16')(*real_crop)
    new_image, new_ids = translate_in_strips(real_network(amp_dtype='bfloat16'), *real_crop)
    change, rounding = ((new_image - image.float()).abs(), (exact - image.float()).abs())
    assert change.max() <= 4
    assert change.mean() < rounding.mean() / 2
    assert (new_ids != ids).float().mean() < 0.02


MEASURE = """
import torch
from semgan_aug.translator import strip_network, strips
from semgan_aug.benchmark.speed.machine import peak_resident
from semgan_aug.translator.frame_network import FrameNetwork
from semgan_aug.models.networks import PairGenerator

H, W = 128, 7680
torch.set_num_threads(1)
strip_network.STRIP_PIXELS = 8 * W
network = FrameNetwork(PairGenerator(19, base_channels=4, num_blocks=1).eval(), 19)
image = torch.randint(0, 256, (1, 3, H, W), dtype=torch.uint8)
ids = torch.randint(0, 19, (1, H, W), dtype=torch.uint8)
style = torch.full((1, 20, 2, 3), 0.2)
for translate in (lambda *frame: strips.translate_in_strips(network, *frame), network):
    with torch.inference_mode():
        print(peak_resident(translate, (image, ids, style)) * 2**20 / (H * W))
"""


@pytest.mark.slow
def test_memory_is_bounded():
    """Bytes per pixel of a strip as wide as 8K: the encoded pair alone would be 88."""
    output = tiny.call(sys.executable, '-c', MEASURE, cwd=tiny.REPO).stdout
    in_bands, whole = map(float, output.split()[-2:])
    assert in_bands < 260 < 500 < whole, output


class TestTranslator(TranslatorTester):
    """A translator that takes every frame in strips."""

    @pytest.fixture
    def translator(self, monkeypatch):
        monkeypatch.setattr(translator_module, 'MAX_WHOLE_PIXELS', 0)
        monkeypatch.setattr(strip_network, 'STRIP_PIXELS', 300)
        bank = ClassColorBank(NUM_CLASSES, 2)
        bank.add(draw_style())
        names = [str(k) for k in range(NUM_CLASSES)]
        return Translator(build('skip, residual'), names, [[k] * 3 for k in range(5)], '', bank)


def test_the_size_of_a_frame_alone_decides(monkeypatch):
    taken = []

    def watch(network, image, ids, style):
        taken.append(ids.shape[1:])
        return image, ids

    monkeypatch.setattr(translator_module, 'translate_in_strips', watch)
    monkeypatch.setattr(translator_module, 'MAX_WHOLE_PIXELS', 100)
    translator = Translator(build('nearest'), list('abcde'), [[0] * 3] * 5, 'source2target')
    for size in [(10, 10), (1, 101), (2, 50), (11, 10)]:
        translator.translate(np.zeros((*size, 3), np.uint8), np.zeros(size, np.uint8))
    assert taken == [(1, 101), (11, 10)]
    assert 1914 * 1052 < strips.MAX_WHOLE_PIXELS < 3840 * 2160
