"""Exports a translator as one file: its weights and card, or a graph for other runtimes."""

import dataclasses
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save

from ..core.errors import InputError
from ..core.files import write_bytes
from ..version import __version__
from .card import DTYPES, Card
from .checkpoint import CARD, DIGEST, export_digest, read_translator
from .export_graph import WRITERS, graph_bytes
from .translator import load_translator
from .weights import Parts

#: Endings of the files that can be written.
SUFFIXES = ('.safetensors', *WRITERS)


def export_translator(
    ckpt: str | Path, out: str | Path, dtype: str = 'float32', config: str | None = None
) -> Card:
    """Writes the source-to-target translator of a checkpoint as one file.

    The ending of the file decides its format:

    - ``*.safetensors``: the weights and the card. :func:`translator.load_translator` reads it. A
      float32 export gives the same frames to the last bit as the checkpoint, and both share the
      frames in a cache.
    - ``*.onnx`` and ``*.pt2`` (``torch.export``): a graph from frames to frames for other
      runtimes, see :func:`export_graph.graph_bytes`.

    The export holds the running mean of the generator's weights, if the checkpoint has one. It
    holds no optimizer, discriminator or pool.

    Args:
        ckpt: a training checkpoint, or a ``.safetensors`` file written here.
        out: file to write, with one of the endings :data:`SUFFIXES`.
        dtype: of the weights in a ``.safetensors`` file, 'float32' or 'float16'. With 'float16'
            the file has half the size; it is translated in float32 all the same. Graphs are
            float32.
        config: text of the training config; its hash goes into the file.

    Returns:
        The card in the file, with ``dtype``, ``package`` (our version) and ``config_sha256``.

    Raises:
        CheckpointError: as :func:`checkpoint.read_translator`.
        InputError: another dtype or ending, or as :func:`export_graph.graph_bytes`.

    Example:
        >>> from semgan_aug.translator.export import export_translator
        >>> ckpt = 'translator.safetensors'
        >>> card = export_translator(ckpt, 'half.safetensors', dtype='float16')
        >>> card.method, card.dtype
        ('SemGAN', 'float16')
    """
    suffix = Path(out).suffix
    if suffix not in SUFFIXES:
        raise InputError(f'{out} is to end in one of {SUFFIXES}, by which its format is known')
    dtypes = tuple(DTYPES) if suffix == '.safetensors' else ('float32',)
    if dtype not in dtypes:
        raise InputError(f'dtype is {dtype!r}; use one of {dtypes} for *{suffix}')
    card, parts = read_translator(ckpt)
    card = dataclasses.replace(card, dtype=dtype, package=__version__)
    if config is not None:
        sha256 = hashlib.sha256(config.encode()).hexdigest()
        card = dataclasses.replace(card, config_sha256=sha256)
    if suffix == '.safetensors':
        data = safetensors_bytes(card, parts, DTYPES[dtype])
    else:
        data = graph_bytes(load_translator(ckpt), card, suffix)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    write_bytes(Path(out), data)
    return card


def safetensors_bytes(card: Card, parts: Parts, dtype: torch.dtype) -> bytes:
    """The content of a ``.safetensors`` file, with a checksum.

    Args:
        card: describes the translator.
        parts: the weights, see :func:`weights.fitting_weights`.
        dtype: of the generator's weights; class colors keep theirs.
    """
    tensors = {
        f'{part}.{name}': value.to(dtype) if part == 'generator' else value
        for part, state in parts.items()
        for name, value in state.items()
    }
    text = json.dumps(card.to_dict())
    return save(tensors, {CARD: text, DIGEST: export_digest(text, tensors)})
