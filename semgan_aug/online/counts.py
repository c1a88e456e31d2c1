"""Counts of translated, cached, rejected and skipped frames, over all workers of a loader."""

import torch
from mmengine.logging import print_log
from torch.utils.data import get_worker_info

#: The kinds of frames. 'made': translated; 'cached': read from the cache; 'rejected': used
#: untranslated, because too few pixels keep their class; 'skipped': not drawn (``prob``).
COUNTED = ('made', 'cached', 'rejected', 'skipped')
#: Number of rows. If there are more workers, two may share a row and lose a count.
ROWS = 64


class TranslationCounts:
    """Counts in memory that workers share with the process that started them.

    Each worker has a row of its own, so no lock is needed.
    """

    def __init__(self) -> None:
        self._rows = torch.zeros(ROWS, len(COUNTED), dtype=torch.long).share_memory_()
        self._seconds = torch.zeros(ROWS, dtype=torch.float64).share_memory_()
        self._named: set[str] = set()

    def add(self, what: str, number: int = 1, seconds: float = 0.0) -> None:
        """Counts frames, and the seconds that a worker spent on them.

        Args:
            what: one of :data:`COUNTED`.
            number: number of frames.
            seconds: time that this worker spent on translating them.
        """
        info = get_worker_info()
        row = 0 if info is None else 1 + info.id % (ROWS - 1)
        self._rows[row, COUNTED.index(what)] += number
        self._seconds[row] += seconds

    def reject(self, where: str, agreement: float, min_consistency: float) -> None:
        """Counts a frame that is used untranslated, and logs its name once in each process.

        Args:
            where: names of the frame's files.
            agreement: :func:`request.consistency` of the frame.
            min_consistency: the least consistency that was required.
        """
        self.add('rejected')
        if where not in self._named:
            self._named.add(where)
            print_log(
                f'SemGANTranslate: {where} served untranslated: {agreement:.1%} of its class map '
                f'survives translation, min_consistency is {min_consistency:.1%}',
                logger='current',
            )

    def totals(self) -> dict[str, int]:
        """Number of frames of each kind in :data:`COUNTED`, over all workers."""
        return dict(zip(COUNTED, self._rows.sum(0).tolist()))

    def seconds(self) -> float:
        """Total time in seconds that all workers spent on translating."""
        return float(self._seconds.sum())

    def __str__(self) -> str:
        n = self.totals()
        return (
            f'{n["made"]:,} frames translated, {n["cached"]:,} served from the cache, '
            f'{n["rejected"]:,} of them served untranslated (min_consistency), '
            f'{n["skipped"]:,} not drawn'
        )
