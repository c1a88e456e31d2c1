"""Atomic file writes: readers see the old file or the new one."""

import json
import os
import secrets
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

#: Name of the backend, for ``backend_args=dict(backend=NAME)``.
NAME = 'semgan_atomic_local'


class AtomicLocalBackend(LocalBackend):
    """mmengine's local file backend with atomic writes.

    A process that is killed while it saves leaves a ``.part`` file. Earlier checkpoints stay whole.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        path = Path(filepath)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, obj, sync=True)


def write_bytes(path: Path, data: bytes, sync: bool = False) -> None:
    """Writes a ``.part`` file in the same folder, then renames it, so that the write is atomic.

    Args:
        path: the file; its folder must exist.
        data: content of the file.
        sync: wait for the disk, so that the write stays atomic even if the power fails.

    Example:
        >>> write_bytes(Path('list.txt'), b'00001')
        >>> Path('list.txt').read_text()
        '00001'
    """
    # Machines that share a folder may have processes with the same id.
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
        path: the file; its folder must exist.
        value: any value that ``json`` can write.
        sync: as in :func:`write_bytes`.
        indent: spaces per level.
    """
    write_bytes(path, (json.dumps(value, indent=indent) + '\n').encode(), sync)


register_backend(NAME, AtomicLocalBackend, force=True)
