"""The launcher of this process: the process that started it."""

import multiprocessing
import os
import threading

#: Process id of the launcher. It is read when the package is imported, before the slow imports: a
#: launcher may die while they last.
LAUNCHER = os.getppid()


def launcher_has_died(launcher: int | None = None) -> bool:
    """Whether the system has given this process another parent, because its own has died.

    Args:
        launcher: process id of the launcher; None is :data:`LAUNCHER`. With an id that the
            launcher passed on, this process also notices a death before its own first line.
    """
    return os.getppid() != (LAUNCHER if launcher is None else launcher)


def end_with_parent() -> None:
    """Lets a worker of :mod:`multiprocessing` end when the process that started it is killed.

    For workers that wait for work, where :func:`launcher_has_died` would not be asked.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None, 'runs in workers only'

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
