"""The CPU cores that this process may use."""

import os


def available_cores() -> int:
    """The number of CPU cores that this process may use, at least 1.

    Linux may restrict a process to some cores (``taskset``, containers, Slurm). Other systems do
    not tell, so the machine's number of cores is returned there.
    """
    if hasattr(os, 'sched_getaffinity'):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
