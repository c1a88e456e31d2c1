"""Checkpoints: read as data only, never as code, and what a translator needs travels in them."""

import json
import pickle
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from mmengine import fileio
from safetensors import SafetensorError, safe_open

from .errors import InputError

#: The entry of a checkpoint that describes its translator, see :func:`read_card`.
CARD = 'semgan_aug'
#: The translators that a checkpoint can hold.
METHODS = ('SemGAN', 'CycleGAN', 'SG-GAN', 'UNIT')


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
        checkpoint = torch.load(path, map_location='cpu', weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        found = re.search(r'GLOBAL (\S+)', str(error))
        what = f'the object {found[1]}' if found else 'objects that are not data'
        raise CheckpointError(
            f'{path} was not loaded: it holds {what}, and checkpoints are read as data only; '
            'use a checkpoint that tools/train_semgan.py wrote'
        ) from None
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise CheckpointError(
            f'{path} ({path.stat().st_size:,} bytes) is truncated or no checkpoint at all '
            f'({str(error).splitlines()[0][:120]}); copy or train it again'
        ) from None
    if not isinstance(checkpoint, dict):
        raise CheckpointError(
            f'{path} holds a {type(checkpoint).__name__}, not a checkpoint; use one that '
            'tools/train_semgan.py wrote'
        )
    return checkpoint


def read_card(path: str | Path, checkpoint: dict | None = None) -> dict:
    """What a checkpoint says about its translator.

    Returns:
        dict with ``version`` (1), ``method`` (one of :data:`METHODS`), ``direction``
        ('source2target'), ``classes`` and ``palette`` (lists, in id order) and ``generator`` (its
        arguments).

    Raises:
        CheckpointError: as :func:`read_checkpoint`, or the checkpoint is of another model.
    """
    card = (read_checkpoint(path) if checkpoint is None else checkpoint).get(CARD)
    known = isinstance(card, dict) and card.get('version') == 1 and card.get('method') in METHODS
    if known:
        lists, other = [card.get(key) for key in ('classes', 'palette')], card.get('generator')
        known = all(isinstance(v, list) and v for v in lists) and isinstance(other, dict)
        known = known and card.get('direction') == 'source2target'
    if not known:
        raise CheckpointError(
            f'{path} is a checkpoint of another model (it has no whole SemGAN description); use '
            'one that tools/train_semgan.py wrote'
        )
    return card


def read_translator(path: str | Path) -> tuple[dict, dict[str, dict]]:
    """The description of a translator and its weights, from any file that holds one.

    Args:
        path: a training checkpoint or a ``.safetensors`` export, also as a URI of one of mmengine's
            file backends.

    Returns:
        The card, see :func:`read_card`, and the weights of ``generator`` and, if it has class
        colours, of ``colours``; float32.

    Raises:
        CheckpointError: as :func:`read_checkpoint` and :func:`read_card`.
    """
    with _local_copy(path) as local:
        if str(path).endswith('.safetensors'):
            return _read_export(path, local)
        checkpoint = read_checkpoint(local)
        card = read_card(path, checkpoint)
        state = checkpoint.get('state_dict') or {}
        prefix = 'ema.G.module.' if card.get('ema') else 'G.'
        parts = dict(generator=_part(state, prefix))
        if card.get('class_colours'):
            parts['colours'] = _part(state, 'colours_T.')
        # Out of the mapped file, which may be replaced or, here, removed.
        return card, {k: {n: v.clone() for n, v in part.items()} for k, part in parts.items()}


def _read_export(path: str | Path, local: Path) -> tuple[dict, dict[str, dict]]:
    if not local.is_file():
        raise CheckpointError(f'there is no checkpoint at {path}; correct ckpt=')
    try:
        with safe_open(local, 'pt') as file:
            text = (file.metadata() or {}).get(CARD, 'null')
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        card = read_card(path, {CARD: json.loads(text)})
    except (SafetensorError, ValueError, OSError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(
            f'{path} ({local.stat().st_size:,} bytes) is truncated or no export at all '
            f'({str(error).splitlines()[0][:120]}); copy or export it again'
        ) from None
    state = {n: v.float() if v.is_floating_point() else v for n, v in state.items()}
    return card, {part: _part(state, f'{part}.') for part in ('generator', 'colours')}


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
            f'{path} could not be fetched ({str(error).splitlines()[0][:120]}); correct ckpt= or '
            'copy the file here'
        ) from None


def _part(state: dict, prefix: str) -> dict:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


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
