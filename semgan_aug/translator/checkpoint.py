"""Checkpoints: read as data only, never as code, and what a translator needs travels in them."""

import hashlib
import json
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from mmengine import fileio
from safetensors import safe_open

from ..core.errors import InputError
from .card import checked_card, fitting_weights

#: The entry of a checkpoint that describes its translator, see :func:`read_card`.
CARD = 'semgan_aug'
#: The entry of an export with the :func:`export_digest` of all the rest.
DIGEST = 'semgan_aug.sha256'
#: In a pickle, the callables that torch allows and that make something of any size from a number.
ALLOCATES = re.compile(
    rb'c(builtins|__builtin__)\n(bytearray)\n|c(torch[\w.]*)\n(\w*Tensor|UntypedStorage|TypedStorage)\n'
)


class CheckpointError(InputError):
    """A file is no checkpoint that we can use; the message is one sentence for the user."""


def read_checkpoint(path: str | Path) -> dict:
    """Loads a checkpoint onto the CPU as tensors and plain values; no code in it is ever run.

    Raises:
        CheckpointError: no file there, truncated, not a checkpoint, or holding more than data.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(
            f'there is no checkpoint at {path}; train one (tools/train_semgan.py) or correct ckpt='
        )
    try:
        _check_archive(path)
        checkpoint = torch.load(path, map_location='cpu', weights_only=True, mmap=True)
    except CheckpointError:
        raise
    except Exception as error:  # whatever a damaged pickle can make torch raise
        found = re.search(r'GLOBAL (\S+)', str(error))
        if found:
            raise _holds_more_than_data(path, found[1]) from None
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


def _check_archive(path: Path) -> None:
    """Raises an error unless a file is a whole archive of torch that is as large as it claims.

    torch itself compares no checksum, unpacks any record into memory and makes byte arrays of any
    length.
    """
    with zipfile.ZipFile(path) as archive:
        claimed = sum(record.file_size for record in archive.infolist())
        if claimed > path.stat().st_size:  # the same bytes read again and again
            raise ValueError(f'its records claim {claimed:,} bytes')
        for record in archive.infolist():
            if record.compress_type != zipfile.ZIP_STORED:
                raise CheckpointError(
                    f'{path} holds the compressed record {record.filename!r}, which torch does '
                    'not write; use a checkpoint that tools/train_semgan.py wrote'
                )
            found = record.filename.endswith('data.pkl') and ALLOCATES.search(archive.read(record))
            if found:
                raise _holds_more_than_data(path, b'.'.join(filter(None, found.groups())).decode())
        damaged = archive.testzip()
    if damaged:
        raise ValueError(f'the record {damaged!r} does not fit its checksum')


def _holds_more_than_data(path: Path, name: str) -> CheckpointError:
    return CheckpointError(
        f'{path} was not loaded: it holds the object {name[:120]}, and checkpoints are read as '
        'data only; use a checkpoint that tools/train_semgan.py wrote'
    )


def _reason(error: Exception) -> str:
    """The first words of a message, on one line."""
    return ' '.join(str(error).split())[:120] or type(error).__name__


def read_card(path: str | Path, checkpoint: dict | None = None) -> dict:
    """What a checkpoint says about its translator.

    Returns:
        dict with ``version`` (1), ``method`` (one of :data:`card.METHODS`), ``direction``
        ('source2target'), ``classes`` and ``palette`` (lists, in id order), ``generator`` (its
        arguments) and, if they are there, ``ema`` and ``class_colors``.

    Raises:
        CheckpointError: as :func:`read_checkpoint`, or the checkpoint is of another model, or a
            field is of another type or outside its range.
    """
    card = (read_checkpoint(path) if checkpoint is None else checkpoint).get(CARD)
    try:
        return checked_card(card)
    except ValueError as error:
        raise CheckpointError(
            f'{path} is a checkpoint of another model ({error}); use one that '
            'tools/train_semgan.py wrote'
        ) from None


def read_translator(path: str | Path) -> tuple[dict, dict[str, dict]]:
    """The description of a translator and its weights, from any file that holds one.

    Args:
        path: a training checkpoint or a ``.safetensors`` export, also as a URI of one of mmengine's
            file backends.

    Returns:
        The card, see :func:`read_card`, and the weights of ``generator`` and, if it has class
        colors, of ``colors``; float32.

    Raises:
        CheckpointError: as :func:`read_checkpoint` and :func:`read_card`, or weights that do not
            fit the card.
    """
    with _local_copy(path) as local:
        if str(path).endswith('.safetensors'):
            card, parts = _read_export(path, local)
        else:
            card, parts = _read_training(path, local)
        try:
            # Copied out of the mapped file, which may be replaced or, here, removed.
            return card, fitting_weights(card, parts)
        except (TypeError, ValueError, RuntimeError) as error:  # RuntimeError: no memory
            raise CheckpointError(
                f'{path}: the weights do not fit the network described in it ({_reason(error)}); '
                'train again'
            ) from None


def _read_training(path: str | Path, local: Path) -> tuple[dict, dict[str, dict]]:
    checkpoint = read_checkpoint(local)
    card = read_card(path, checkpoint)
    state = checkpoint.get('state_dict')
    if not isinstance(state, dict):
        raise CheckpointError(
            f'{path} has no state_dict, the weights; use a checkpoint that tools/train_semgan.py '
            'wrote'
        )
    generator = 'ema.G.module.' if card.get('ema') else 'G.'
    return card, dict(
        generator=_part(state, generator),
        colors=_part(state, 'colors_T.') or _part(state, 'colours_T.'),
    )


def _read_export(path: str | Path, local: Path) -> tuple[dict, dict[str, dict]]:
    if not local.is_file():
        raise CheckpointError(f'there is no checkpoint at {path}; correct ckpt=')
    try:
        with safe_open(local, 'pt') as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        text = metadata.get(CARD, 'null')
        card = read_card(path, {CARD: json.loads(text)})
        if metadata.get(DIGEST) != export_digest(text, state):
            raise ValueError('it does not fit its checksum')
    except CheckpointError:
        raise
    except Exception as error:  # whatever a damaged file can make safetensors, json and torch raise
        raise CheckpointError(
            f'{path} ({local.stat().st_size:,} bytes) is truncated or no export at all '
            f'({_reason(error)}); copy or export it again'
        ) from None
    return card, dict(
        generator=_part(state, 'generator.'),
        colors=_part(state, 'colors.') or _part(state, 'colours.'),
    )


def export_digest(card: str, tensors: dict[str, torch.Tensor]) -> str:
    """SHA-256 of a card's text and of tensors: names, types, shapes, bytes, in the names' order."""
    digest = hashlib.sha256(card.encode())
    for name in sorted(tensors):
        value = tensors[name].detach().contiguous()
        digest.update(f'{name} {value.dtype} {tuple(value.shape)} '.encode())
        digest.update(value.flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


@contextmanager
def _local_copy(path: str | Path) -> Iterator[Path]:
    """A file of this machine with what lies at a path or URI."""
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


def _part(state: dict, prefix: str) -> dict:
    names = [name for name in state if isinstance(name, str) and name.startswith(prefix)]
    return {name.removeprefix(prefix): state[name] for name in names}


def saved_iteration(path: Path) -> int:
    """The iteration in ``iter_1200.pth``."""
    return int(path.stem.rpartition('_')[2])


def latest_checkpoint(work_dir: str | Path) -> Path | None:
    """The newest readable ``iter_*.pth`` below a work dir, or None.

    A run that was killed while it saved leaves a broken last file: that one is passed over with a
    warning that names it and the one used instead.
    """
    broken = []
    found = [p for p in Path(work_dir).glob('iter_*.pth') if re.fullmatch(r'iter_\d+', p.stem)]
    found.sort(key=saved_iteration, reverse=True)
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
