"""Counts of what happened to the frames, over all worker processes of a loader."""

import torch
from mmengine.logging import print_log
from torch.utils.data import get_worker_info

#: What is counted. 'made': translated anew; 'cached': read from the cache; 'rejected': served
#: untranslated, because too little of the class map survived; 'skipped': not drawn (``prob``).
COUNTED = ('made', 'cached', 'rejected', 'skipped')
#: Workers with a row of their own; beyond them, two may share one and miss a count.
ROWS = 64


class TranslationCounts:
    """Numbers in memory that workers share with the process that started them.

    Each worker has its own row, so no lock is needed.
    """

    def __init__(self) -> None:
        self._rows = torch.zeros(ROWS, len(COUNTED), dtype=torch.long).share_memory_()
        self._seconds = torch.zeros(ROWS, dtype=torch.float64).share_memory_()
        self._named: set[str] = set()

    def add(self, what: str, number: int = 1, seconds: float = 0.0) -> None:
        """Counts frames, and the seconds that a worker spent on them.

        Args:
            what: one of :data:`COUNTED`.
            number: of frames.
            seconds: spent on translating them in this worker.
        """
        info = get_worker_info()
        row = 0 if info is None else 1 + info.id % (ROWS - 1)
        self._rows[row, COUNTED.index(what)] += number
        self._seconds[row] += seconds

    def reject(self, where: str, agreement: float, min_consistency: float) -> None:
        """Counts a frame that is served untranslated, and names it once in each process.

        Args:
            where: the frame's files.
            agreement: its :func:`request.consistency`.
            min_consistency: what that had to be.
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
        """Frames of each kind in :data:`COUNTED`, over all workers."""
        return dict(zip(COUNTED, self._rows.sum(0).tolist()))

    def seconds(self) -> float:
        """Seconds that all workers together spent on translating."""
        return float(self._seconds.sum())

    def __str__(self) -> str:
        n = self.totals()
        return (
            f'{n["made"]:,} frames translated, {n["cached"]:,} served from the cache, '
            f'{n["rejected"]:,} of them served untranslated (min_consistency), '
            f'{n["skipped"]:,} not drawn'
        )
