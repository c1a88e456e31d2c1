"""Exports a translator as a graph from frames to frames, for runtimes without semgan_aug."""

import importlib.util
import io
import json
import warnings
from collections.abc import Callable

import torch
import torch.export
from torch.fx import GraphModule

from ..core.errors import InputError
from .card import Card
from .checkpoint import CARD
from .frame_network import FrameNetwork
from .translator import Translator

#: Key of the styles in a graph's metadata.
STYLES = f'{CARD}.styles'
#: Number of styles in a graph; style n is that of ``Translator.translate(style=n)``.
NUM_STYLES = 16
#: Least and greatest number of rows and columns of a frame that a graph accepts.
SIDES = (2, 2**14)

INPUTS = ('image', 'ids', 'style')
OUTPUTS = ('translated_image', 'translated_ids')


def graph_bytes(translator: Translator, card: Card, suffix: str) -> bytes:
    """The content of a file with the graph of :class:`FrameNetwork` in float32 and the card.

    Inputs are ``image`` (1, 3, H, W) uint8, BGR; ``ids`` (1, H, W) uint8, class ids and 255; and,
    if the generator was trained with class colors, ``style`` (1, C + 1, 2, 3) float32, see
    :mod:`class_colors`. Outputs are ``translated_image`` and ``translated_ids`` of the same shapes
    and types. H and W can be any numbers from 2 to 16384; the graph pads the frame itself.

    The file's metadata hold the card under the key ``semgan_aug``, as JSON. Under
    ``semgan_aug.styles`` they hold a JSON list of :data:`NUM_STYLES` styles (C + 1, 2, 3), which is
    empty without class colors. The metadata are ONNX's ``metadata_props``, or the ``extra_files``
    of ``torch.export.load``.

    Args:
        translator: a translator on the CPU; its autocast is switched off permanently.
        card: the card of the translator.
        suffix: one of the keys of :data:`WRITERS`.

    Raises:
        InputError: a package that writes the format is not installed, or torch is too old.
    """
    if not hasattr(torch.export, 'Dim'):
        raise InputError(
            f'writing *{suffix} needs torch.export.Dim, which torch {torch.__version__} lacks; '
            'install a newer torch (2.15 was tried), or write *.safetensors'
        )
    notes = {CARD: json.dumps(card.to_dict()), STYLES: json.dumps(styles_of(translator))}
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # warnings about the exporters themselves
        return WRITERS[suffix](translator, notes)


def styles_of(translator: Translator) -> list:
    """The first :data:`NUM_STYLES` styles, completed; an empty list without class colors.

    The styles are nested lists of numbers. JSON preserves float32 values exactly.
    """
    if translator.colors is None:
        return []
    return [translator.colors.draw(number).tolist() for number in range(NUM_STYLES)]


def trace(translator: Translator) -> torch.export.ExportedProgram:
    """Traces the graph of a translator for frames of any size within :data:`SIDES`."""
    example = [
        torch.zeros(1, 3, 32, 48, dtype=torch.uint8),
        torch.zeros(1, 32, 48, dtype=torch.uint8),
        torch.zeros(1, len(translator.classes) + 1, 2, 3),
    ]
    shapes = dynamic_shapes(translator)
    network = float32(translator.network)
    with torch.no_grad():
        program = torch.export.export(network, tuple(example[: len(shapes)]), dynamic_shapes=shapes)
    for module in program.graph_module.modules():
        for node in module.graph.nodes if isinstance(module, GraphModule) else ():
            node.meta.pop('stack_trace', None)  # it contains folders of this machine
    return program


def dynamic_shapes(translator: Translator) -> tuple:
    """For each input, the axes whose length may differ from frame to frame."""
    h, w = (torch.export.Dim(name, min=SIDES[0], max=SIDES[1]) for name in ('height', 'width'))
    shapes = {2: h, 3: w}, {1: h, 2: w}, None
    return shapes if translator.colors is not None else shapes[:2]


def float32(network: FrameNetwork) -> FrameNetwork:
    """Switches autocast off, because some runtimes lack kernels for half precision."""
    network.generator.amp_dtype = None
    return network


def _pt2(translator: Translator, notes: dict[str, str]) -> bytes:
    file = io.BytesIO()
    torch.export.save(trace(translator), file, extra_files=notes)
    return file.getvalue()


def _onnx(translator: Translator, notes: dict[str, str]) -> bytes:
    if not importlib.util.find_spec('onnxscript'):
        raise InputError(
            'writing *.onnx needs the package onnxscript; install it with '
            '`pip install "semgan_aug[onnx]"`, or write *.pt2'
        )
    shapes = dynamic_shapes(translator)
    program = torch.onnx.export(
        trace(translator),
        input_names=INPUTS[: len(shapes)],
        output_names=OUTPUTS,
        dynamic_shapes=shapes,  # names the axes
        verbose=False,
    )
    assert program is not None, 'torch.onnx.export returns None for its old exporter alone'
    program.model.metadata_props.update(notes)
    return program.model_proto.SerializeToString()


#: The function that makes the file's content, by suffix.
WRITERS: dict[str, Callable[[Translator, dict[str, str]], bytes]] = {'.onnx': _onnx, '.pt2': _pt2}
