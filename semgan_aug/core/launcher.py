"""The launcher of this process: the process that started it."""

import os

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
