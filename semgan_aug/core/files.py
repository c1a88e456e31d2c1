"""Files that are there whole or not at all."""

import os
import secrets
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

#: For ``backend_args=dict(backend=NAME)``.
NAME = 'semgan_atomic_local'


class AtomicLocalBackend(LocalBackend):
    """mmengine's local file backend; a file is written beside its place and then moved there.

    A process that is killed while it saves leaves a ``.part`` file and the earlier checkpoints.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        path = Path(filepath)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, obj, sync=True)


def write_bytes(path: Path, data: bytes, sync: bool = False) -> None:
    """Writes a file so that a reader finds the old one or the new one, never half of it.

    Args:
        path: in a folder that exists.
        data: its content.
        sync: wait for the disk, so that this holds through a power failure, too.
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


register_backend(NAME, AtomicLocalBackend, force=True)
