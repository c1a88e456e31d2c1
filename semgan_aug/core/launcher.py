"""The launcher of this process: the process that started it."""

import multiprocessing
import os
import threading

#: Process id of the launcher. It is read before the slow imports, because the launcher may die
#: during them.
LAUNCHER = os.getppid()


def launcher_has_died(launcher: int | None = None) -> bool:
    """Whether the launcher has died. The system then gives this process another parent.

    Args:
        launcher: process id of the launcher; None is :data:`LAUNCHER`. If the launcher passes its
            id on, a death before the import of this package is noticed, too.
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
