"""A translator as one file: weights and their description, or a graph for other runtimes."""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save

from ..core.errors import InputError
from ..core.files import write_bytes
from ..version import __version__
from .checkpoint import CARD, DIGEST, export_digest, read_translator
from .export_graph import WRITERS, graph_bytes
from .translator import load_translator

#: Endings of the files that can be written.
SUFFIXES = ('.safetensors', *WRITERS)
DTYPES = {'float32': torch.float32, 'float16': torch.float16}


def export_translator(
    ckpt: str | Path, out: str | Path, dtype: str = 'float32', config: str | None = None
) -> dict:
    """Writes the source-to-target translator of a checkpoint as one file, by its ending:

    - ``*.safetensors``: weights and their description, what :func:`translator.load_translator`
      reads. In float32 it gives the same frames to the last bit, and shares their cache.
    - ``*.onnx`` and ``*.pt2`` (``torch.export``): frames in, frames out, for other runtimes, see
      :func:`export_graph.graph_bytes`.

    One direction only, its running mean if there is one, without optimizers, discriminators and
    pools.

    Args:
        ckpt: a training checkpoint, or a ``.safetensors`` file written here.
        out: file to write, of one of :data:`SUFFIXES`.
        dtype: of the weights in a ``.safetensors`` file, 'float32' or 'float16' (half the size;
            translated in float32 all the same); graphs are float32.
        config: text of the training config, of which a hash goes into the file.

    Returns:
        What the file says of itself: the card, with ``dtype``, ``package`` (our version) and
        ``config_sha256``.

    Raises:
        CheckpointError: as :func:`checkpoint.read_translator`.
        InputError: another dtype or ending, or as :func:`export_graph.graph_bytes`.
    """
    suffix = Path(out).suffix
    if suffix not in SUFFIXES:
        raise InputError(f'{out} is to end in one of {SUFFIXES}, by which its format is known')
    dtypes = tuple(DTYPES) if suffix == '.safetensors' else ('float32',)
    if dtype not in dtypes:
        raise InputError(f'dtype is {dtype!r}; use one of {dtypes} for *{suffix}')
    card, parts = read_translator(ckpt)
    card = card | dict(dtype=dtype, package=__version__)
    if config is not None:
        card['config_sha256'] = hashlib.sha256(config.encode()).hexdigest()
    if suffix == '.safetensors':
        data = safetensors_bytes(card, parts, DTYPES[dtype])
    else:
        data = graph_bytes(load_translator(ckpt), card, suffix)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    write_bytes(Path(out), data)
    return card


def safetensors_bytes(card: dict, parts: dict[str, dict], dtype: torch.dtype) -> bytes:
    """The content of a ``.safetensors`` file, with a checksum; styles keep their dtype."""
    tensors = {
        f'{part}.{name}': value.to(dtype) if part == 'generator' else value
        for part, state in parts.items()
        for name, value in state.items()
    }
    text = json.dumps(card)
    return save(tensors, {CARD: text, DIGEST: export_digest(text, tensors)})
