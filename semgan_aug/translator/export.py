"""Exports a translator as one file: weights with card, or a graph for other runtimes."""

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

#: Suffixes of the files that can be written.
SUFFIXES = ('.safetensors', *WRITERS)


def export_translator(
    ckpt: str | Path, out: str | Path, dtype: str = 'float32', config: str | None = None
) -> Card:
    """Writes the source-to-target translator of a checkpoint as one file.

    The suffix of the file determines its format:

    - ``*.safetensors``: the weights and the card, for :func:`translator.load_translator`. A
      float32 export gives bit for bit the same frames as the checkpoint, and both share the frames
      in a cache.
    - ``*.onnx`` and ``*.pt2`` (``torch.export``): a graph from frames to frames for other
      runtimes, see :func:`export_graph.graph_bytes`.

    The export holds the exponential moving average of the generator's weights if the checkpoint
    has it. It holds no optimizer, discriminator or pool.

    Args:
        ckpt: a training checkpoint, or a ``.safetensors`` file that this function wrote.
        out: file to write, with one of the suffixes :data:`SUFFIXES`.
        dtype: dtype of the weights in a ``.safetensors`` file, 'float32' or 'float16'. With
            'float16' the file has half the size, but the translator still computes in float32.
            Graphs are always float32.
        config: text of the training config; the file gets its hash.

    Returns:
        The card in the file, with ``dtype``, ``package`` (the version of semgan_aug) and
        ``config_sha256``.

    Raises:
        CheckpointError: as in :func:`checkpoint.read_translator`.
        InputError: the dtype or suffix is unknown, or as in :func:`export_graph.graph_bytes`.

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
        card: the card of the translator.
        parts: the weights, see :func:`weights.fitting_weights`.
        dtype: dtype of the generator's weights; class colors keep their dtype.
    """
    tensors = {
        f'{part}.{name}': value.to(dtype) if part == 'generator' else value
        for part, state in parts.items()
        for name, value in state.items()
    }
    text = json.dumps(card.to_dict())
    return save(tensors, {CARD: text, DIGEST: export_digest(text, tensors)})
