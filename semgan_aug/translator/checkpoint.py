"""Reads checkpoints as data: no code from a file is run.

A ``.pth`` file is a pickle. torch's ``weights_only`` unpickler accepts only tensors and plain
values, but a malicious file may still take much time or memory. Files from unknown persons should
therefore be ``.safetensors`` exports, which are checked completely before anything is built.
"""

import hashlib
import json
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import safetensors.torch
import torch
from mmengine import fileio
from torch import Tensor

from ..core.errors import InputError
from .card import Card
from .weights import Parts, fitting_weights

#: Key of the card in a checkpoint.
CARD = 'semgan_aug'
#: Key of the :func:`export_digest` in an export.
DIGEST = 'semgan_aug.sha256'

#: Prefixes of the class colors' weights in a training checkpoint and in an export. The second
#: prefix of each is that of version 0.1.0.
TRAINING_COLORS = ('colors_T.', 'colours_T.')
EXPORTED_COLORS = ('colors.', 'colours.')


class CheckpointError(InputError):
    """A file is not a usable checkpoint."""


def read_checkpoint(path: str | Path) -> dict:
    """Loads a training checkpoint onto the CPU as tensors and plain values.

    The whole file is read into memory, so it may be changed or removed afterwards.

    Raises:
        CheckpointError: the file does not exist, is truncated or damaged, is not a checkpoint, or
            holds more than data.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(
            f'there is no checkpoint at {path}; train one (tools/train_semgan.py) or correct ckpt='
        )
    try:
        with zipfile.ZipFile(path) as archive:  # torch itself does not check the checksums
            damaged = archive.testzip()
        if damaged:
            raise ValueError(f'the record {damaged!r} does not fit its checksum')
        checkpoint = torch.load(str(path), map_location='cpu', weights_only=True)
    except Exception as error:  # a damaged pickle can make torch raise any error
        refused = re.search(r'GLOBAL (\S+)', str(error))
        if refused:
            raise CheckpointError(
                f'{path} was not loaded: it holds the object {refused[1][:120]}, and checkpoints '
                'are read as data only; use a checkpoint that tools/train_semgan.py wrote'
            ) from None
        raise CheckpointError(
            f'{path} ({path.stat().st_size:,} bytes) is truncated or no checkpoint at all '
            f'({_reason(error)}); copy or train it again'
        ) from None
    if not isinstance(checkpoint, dict):
        raise CheckpointError(
            f'{path} holds a {type(checkpoint).__name__}, not a checkpoint; use one that '
            'tools/train_semgan.py wrote'
        )
    return checkpoint


def read_translator(path: str | Path) -> tuple[Card, Parts]:
    """Reads the card and the weights of a translator.

    Args:
        path: path of a training checkpoint or a ``.safetensors`` export, or a URI of one of
            mmengine's file backends.

    Returns:
        The card, and the float32 weights of 'generator' and, if there are class colors, of
        'colors'.

    Raises:
        CheckpointError: as in :func:`read_checkpoint`; the file is a checkpoint of another model; a
            field of the card is not allowed; or the weights do not fit the card.
    """
    with _local_copy(path) as local:
        if str(path).endswith('.safetensors'):
            card, parts = _read_export(path, local)
        else:
            card, parts = _read_training(path, local)
    try:
        return card, fitting_weights(card, parts)
    except (TypeError, ValueError, RuntimeError) as error:  # RuntimeError: no memory
        raise CheckpointError(
            f'{path}: the weights do not fit the network described in it ({_reason(error)}); '
            'train again'
        ) from None


def _read_training(path: str | Path, local: Path) -> tuple[Card, dict[str, dict]]:
    checkpoint = read_checkpoint(local)
    card = _card(path, checkpoint.get(CARD))
    state = checkpoint.get('state_dict')
    if not isinstance(state, dict):
        raise CheckpointError(
            f'{path} has no state_dict, the weights; use a checkpoint that tools/train_semgan.py '
            'wrote'
        )
    generator = 'ema.G.module.' if card.ema else 'G.'
    return card, dict(generator=_part(state, generator), colors=_part(state, *TRAINING_COLORS))


def _read_export(path: str | Path, local: Path) -> tuple[Card, dict[str, dict]]:
    if not local.is_file():
        raise CheckpointError(f'there is no checkpoint at {path}; correct ckpt=')
    try:
        data = local.read_bytes()
        state = safetensors.torch.load(data)  # checks the header
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], 'little')])
        metadata = header.get('__metadata__', {})
        text = metadata.get(CARD, 'null')
        card = _card(path, json.loads(text))
        if metadata.get(DIGEST) != export_digest(text, state):
            raise ValueError('it does not fit its checksum')
    except CheckpointError:
        raise
    except Exception as error:  # a damaged file can make safetensors, json or torch raise any error
        raise CheckpointError(
            f'{path} ({local.stat().st_size:,} bytes) is truncated or no export at all '
            f'({_reason(error)}); copy or export it again'
        ) from None
    return card, dict(generator=_part(state, 'generator.'), colors=_part(state, *EXPORTED_COLORS))


def _card(path: str | Path, fields: object) -> Card:
    try:
        return Card.from_dict(fields)
    except InputError as error:
        raise CheckpointError(
            f'{path} is a checkpoint of another model ({error}); use one that '
            'tools/train_semgan.py wrote'
        ) from None


def _part(state: dict, *prefixes: str) -> dict:
    """The values whose names have the first prefix that occurs, by name without the prefix."""
    for prefix in prefixes:
        names = [name for name in state if isinstance(name, str) and name.startswith(prefix)]
        if names:
            return {name.removeprefix(prefix): state[name] for name in names}
    return {}


def _reason(error: Exception) -> str:
    """The first words of a message, on one line."""
    return ' '.join(str(error).split())[:120] or type(error).__name__


def export_digest(card: str, tensors: dict[str, Tensor]) -> str:
    """SHA-256 of a card's text and of all tensors' names, dtypes, shapes and bytes, by name."""
    digest = hashlib.sha256(card.encode())
    for name in sorted(tensors):
        value = tensors[name].detach().contiguous()
        digest.update(f'{name} {value.dtype} {tuple(value.shape)} '.encode())
        digest.update(value.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


@contextmanager
def _local_copy(path: str | Path) -> Iterator[Path]:
    """A local file with the content of a path or URI."""
    if '://' not in str(path):
        yield Path(path)
        return
    try:
        with fileio.get_local_path(str(path)) as local:
            yield Path(local)
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(
            f'{path} could not be fetched ({_reason(error)}); correct ckpt= or copy the file here'
        ) from None


def latest_checkpoint(work_dir: str | Path) -> Path | None:
    """The newest readable ``iter_*.pth`` in a work dir, or None if there are no checkpoints.

    A run that is killed while it saves may leave a broken last file. Broken files are skipped with
    a warning that names them and the file that is used instead.

    Raises:
        CheckpointError: there are checkpoints, but none can be read.
    """
    broken = []
    found = [p for p in Path(work_dir).glob('iter_*.pth') if re.fullmatch(r'iter_\d+', p.stem)]
    found.sort(key=lambda p: int(p.stem.removeprefix('iter_')), reverse=True)
    for path in found:
        try:
            read_checkpoint(path)
        except CheckpointError as error:
            broken.append(str(error))
            continue
        if broken:
            warnings.warn(f'{" ".join(broken)}. Going on from {path}', stacklevel=2)
        return path
    if broken:
        raise CheckpointError(f'no checkpoint in {work_dir} can be read: {" ".join(broken)}')
    return None
