"""Graphs for other runtimes give the frames of the translator, at any size."""

import json

import cv2
import numpy as np
import onnxruntime
import pytest
import tiny
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from PIL import Image

from semgan_aug import load_translator
from semgan_aug.core.errors import InputError
from semgan_aug.models.networks import PairGenerator
from semgan_aug.translator import export_graph
from semgan_aug.translator.checkpoint import CARD
from semgan_aug.translator.export import export_translator
from semgan_aug.translator.export_graph import NUM_STYLES, STYLES
from semgan_aug.translator.frame_network import FrameNetwork

pytestmark = pytest.mark.export

#: Two sizes other than the one of the export, one of them odd, and one below the least.
SIZES = ((40, 64), (33, 47), (5, 2))
#: Runtimes sum in another order: a pixel may be one gray level off, and a tie of two classes may
#: go the other way in this share of a frame.
GRAY_LEVELS, OTHER_CLASSES = 1, 0.001


def without_colors(ckpt, folder):
    checkpoint = torch.load(ckpt, weights_only=True)
    checkpoint[CARD]['class_colors'] = False
    torch.save(checkpoint, folder / 'plain.pth')
    return folder / 'plain.pth'


def cyclegan(folder, frames):
    cfg = tiny.write_semgan_config(folder, frames, iters=1, interval=1, method='CycleGAN')
    cfg = Config.fromfile(cfg)
    cfg.work_dir = cfg.experiment_name = str(folder)
    Runner.from_cfg(cfg).train()
    return folder / 'iter_1.pth'


@pytest.fixture(scope='module')
def colored(ckpt, tmp_path_factory):
    """The tiny checkpoint with class colors, and its two graphs, opened."""
    return exported(ckpt, tmp_path_factory.mktemp('colored'))


@pytest.fixture(scope='module', params=['class colors', 'no class colors', 'CycleGAN'])
def network(request, ckpt, frames, tmp_path_factory, colored):
    """A checkpoint of each kind, and its two graphs, opened."""
    if request.param == 'class colors':
        return colored
    folder = tmp_path_factory.mktemp('network')
    if request.param == 'CycleGAN':
        return exported(cyclegan(folder, frames), folder)
    return exported(without_colors(ckpt, folder), folder)


def exported(ckpt, folder):
    for suffix in ('.onnx', '.pt2'):
        export_translator(ckpt, folder / f'graph{suffix}')
    return ckpt, dict(onnx=open_onnx(folder), pt2=open_pt2(folder))


def open_onnx(folder):
    """A function on (image, ids, style), the notes of the file and its number of inputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(folder / 'graph.onnx'), options, providers=['CPUExecutionProvider']
    )
    names = [value.name for value in session.get_inputs()]
    assert names == ['image', 'ids', 'style'][: len(names)]
    assert [v.shape for v in session.get_inputs()][1] == [1, 'height', 'width']
    assert [v.name for v in session.get_outputs()] == ['translated_image', 'translated_ids']

    def run(*inputs):
        return session.run(None, dict(zip(names, inputs)))

    return run, session.get_modelmeta().custom_metadata_map, len(names)


def open_pt2(folder):
    """The same for torch.export."""
    notes = {CARD: '', STYLES: ''}
    program = torch.export.load(folder / 'graph.pt2', extra_files=notes)
    module, number = program.module(), len(program.graph_signature.user_inputs)

    def run(*inputs):
        with torch.no_grad():
            output = module(*(torch.from_numpy(i) for i in inputs[:number]))
        return [o.numpy() for o in output]

    return run, notes, number


def assert_same(found, expected):
    image, ids = found[0][0].transpose(1, 2, 0), found[1][0]
    assert image.dtype == ids.dtype == np.uint8 and image.shape == expected[0].shape
    assert np.abs(image.astype(int) - expected[0]).max() <= GRAY_LEVELS
    assert (ids != expected[1]).mean() <= OTHER_CLASSES


def frame(size, seed=0):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    ids = rng.integers(0, tiny.NUM_CLASSES, size, dtype=np.uint8)
    ids[:1, :2] = 255
    return image, ids


def inputs(image, ids, styles, number):
    style = [np.array(styles[number], np.float32)[None]] if styles else []
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None]), ids[None], *style


both = pytest.mark.parametrize('kind', ['onnx', 'pt2'])


@both
def test_same_frames_as_the_translator(network, kind):
    ckpt, graphs = network
    translator = load_translator(ckpt)
    run, notes, _ = graphs[kind]
    for number, size in enumerate(SIZES):
        image, ids = frame(size)
        found = run(*inputs(image, ids, json.loads(notes[STYLES]), number))
        assert_same(found, translator.translate(image, ids, style=number))
        assert (found[1][0, :1, :2] == 255).all()


@both
def test_notes(network, kind):
    ckpt, graphs = network
    translator = load_translator(ckpt)
    _, notes, number_of_inputs = graphs[kind]
    card, styles = json.loads(notes[CARD]), json.loads(notes[STYLES])
    assert card['classes'] == translator.classes and card['palette'] == translator.palette
    assert card['direction'] == 'source2target' and card['dtype'] == 'float32'
    if translator.colors is None:
        assert styles == [] and number_of_inputs == 2
        return
    assert number_of_inputs == 3 and len(styles) == NUM_STYLES
    for number, style in enumerate(styles):
        assert torch.equal(torch.tensor(style), translator.colors.draw(number))


@both
def test_style_decides_the_colors(colored, kind):
    run, notes, _ = colored[1][kind]
    image, ids, style = inputs(*frame((16, 16)), json.loads(notes[STYLES]), 0)
    brighter = style.copy()
    brighter[:, :, 0, 0] += 0.3
    assert run(image, ids, brighter)[0].mean() > run(image, ids, style)[0].mean() + 5


@both
def test_real_frame(colored, kind, semgan_data):
    """An odd part of a frame of GTA5 with its ids folded into ten classes."""
    ckpt, graphs = colored
    path = sorted((semgan_data / 'gta5-mini' / 'images').glob('*.png'))[0]
    label = np.array(Image.open(semgan_data / 'gta5-mini' / 'labels' / path.name))
    image, ids = cv2.imread(str(path))[100:355, 200:601], label[100:355, 200:601] % 13
    assert image.shape == (255, 401, 3)
    ids[ids >= tiny.NUM_CLASSES] = 255
    run, notes, _ = graphs[kind]
    found = run(*inputs(image, ids, json.loads(notes[STYLES]), 1))
    assert_same(found, load_translator(ckpt).translate(image, ids, style=1))


def test_files_name_no_folder_of_this_machine(colored):
    folder = colored[0].parent
    for path in folder.parent.glob('colored*/graph.*'):
        assert str(tiny.REPO).encode() not in path.read_bytes()


def test_without_the_package(ckpt, tmp_path, run_tool, monkeypatch):
    monkeypatch.setattr(export_graph.importlib.util, 'find_spec', lambda name: None)
    said = run_tool('export_translator', ckpt, tmp_path / 'a.onnx')
    assert 'pip install "semgan_aug[onnx]"' in said
    tiny.assert_one_sentence(said)
    assert not (tmp_path / 'a.onnx').exists()


def test_an_old_torch(ckpt, tmp_path, run_tool, monkeypatch):
    monkeypatch.delattr(torch.export, 'Dim')
    said = run_tool('export_translator', ckpt, tmp_path / 'a.pt2')
    assert 'install a newer torch' in said
    tiny.assert_one_sentence(said)


def test_graphs_are_float32(ckpt, tmp_path):
    with pytest.raises(
        InputError, match=r"dtype is 'float16'; use one of \('float32',\) for \*.onnx"
    ):
        export_translator(ckpt, tmp_path / 'a.onnx', 'float16')
    network = PairGenerator(3, 4, 1, amp_dtype='bfloat16')
    assert export_graph.float32(FrameNetwork(network, 3)).generator.amp_dtype is None
