"""A translator as one small file that is safe to pass around: weights and their description."""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save

from .atomic_backend import write_bytes
from .checkpoint import CARD, CheckpointError, read_translator
from .errors import InputError

DTYPES = {'float32': torch.float32, 'float16': torch.float16}


def export_translator(
    ckpt: str | Path, out: str | Path, dtype: str = 'float32', config: str | None = None
) -> dict:
    """Writes the source-to-target translator of a checkpoint as a ``.safetensors`` file.

    One direction only, its running mean if there is one, without optimisers, discriminators and
    pools. In float32 it gives the same frames to the last bit, and shares their cache.

    Args:
        ckpt: a training checkpoint.
        out: file to write, ``*.safetensors``.
        dtype: 'float32' or 'float16' (half the size; translated in float32 all the same).
        config: text of the training config, of which a hash goes into the file.

    Returns:
        What the file says of itself: the card, with ``dtype``, ``package`` (our version) and
        ``config_sha256``.

    Raises:
        CheckpointError: as :func:`checkpoint.read_translator`.
        InputError: another dtype, or ``out`` is not called ``*.safetensors``.
    """
    from . import __version__

    if dtype not in DTYPES:
        raise InputError(f'dtype is {dtype!r}; use one of {tuple(DTYPES)}')
    if Path(out).suffix != '.safetensors':
        raise InputError(f'{out} is to be called *.safetensors, by which it is known')
    card, parts = read_translator(ckpt)
    if not parts['generator']:
        raise CheckpointError(
            f'{ckpt} holds no generator; use one that tools/train_semgan.py wrote'
        )
    card = card | dict(dtype=dtype, package=__version__)
    if config is not None:
        card['config_sha256'] = hashlib.sha256(config.encode()).hexdigest()
    tensors = {
        f'{part}.{name}': (value.to(DTYPES[dtype]) if part == 'generator' else value).contiguous()
        for part, state in parts.items()
        for name, value in state.items()
    }
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    write_bytes(Path(out), save(tensors, {CARD: json.dumps(card)}))
    return card
