"""Atomic file writes: readers see the old file or the new one."""

import json
import os
import secrets
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

#: For ``backend_args=dict(backend=NAME)``.
NAME = 'semgan_atomic_local'


class AtomicLocalBackend(LocalBackend):
    """mmengine's local file backend with atomic writes.

    A process that is killed while it saves leaves a ``.part`` file and the earlier checkpoints.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        path = Path(filepath)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, obj, sync=True)


def write_bytes(path: Path, data: bytes, sync: bool = False) -> None:
    """Writes a file atomically: to a ``.part`` file beside it, which then takes its place.

    Args:
        path: in a folder that exists.
        data: the file's content.
        sync: wait for the disk, so that the write is atomic through a power failure, too.

    Example:
        >>> write_bytes(Path('list.txt'), b'00001')
        >>> Path('list.txt').read_text()
        '00001'
    """
    # Machines that share a folder may have processes of the same number.
    part = path.with_name(f'.{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part')
    try:
        with open(part, 'wb') as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, value: dict | list, sync: bool = False, indent: int = 2) -> None:
    """Writes a JSON file atomically, with a newline at its end.

    Args:
        path: in a folder that exists.
        value: what ``json`` can write.
        sync: as :func:`write_bytes`.
        indent: spaces of a level.
    """
    write_bytes(path, (json.dumps(value, indent=indent) + '\n').encode(), sync)


register_backend(NAME, AtomicLocalBackend, force=True)
