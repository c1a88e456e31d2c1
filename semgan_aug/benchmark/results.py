"""The results of a suite as one object: every row and seed, as published in ``results/``."""

from pathlib import Path

from ..core.files import write_bytes, write_json
from .chart import write_chart
from .scheduler import Job
from .suite import Suite
from .table import Table, markdown

#: Entries of a job's result that say where files of this machine lie, or repeat the config.
LOCAL = ('seed', 'checkpoint', 'text')


def collect(suite: Suite, jobs: list[Job], consistency: dict[str, dict] | None = None) -> dict:
    """The results of finished jobs.

    Args:
        suite: the suite of the jobs.
        jobs: of any seeds; those without a result do not count.
        consistency: row to its label consistency, see
            :func:`label_consistency.label_consistency`.

    Returns:
        ``suite`` (name), ``classes`` (names in id order), ``subsets`` (name of a mean to the
        classes that it is taken over), ``rows`` and ``translators`` (name to seed to metrics in %,
        seconds, hardware, commit and config digest; rows in the suite's order) and
        ``label_consistency``.
    """
    results: dict = dict(suite=suite.name, classes=[], subsets=suite.subsets)
    for part, names in (('rows', suite.rows), ('translators', suite.translators)):
        results[part] = {}
        for name in names:
            seeds = {
                str(job.seed): {k: v for k, v in found.items() if k not in LOCAL}
                for job in jobs
                if job.row == (part == 'rows')
                and job.name.removeprefix('translator_') == name
                and (found := job.result())
            }
            if seeds:
                results[part][name] = seeds
    for seeds in results['rows'].values():
        metrics = next(iter(seeds.values()))['metrics']
        results['classes'] = [k.removeprefix('IoU.') for k in metrics if k.startswith('IoU.')]
    results['label_consistency'] = consistency or {}
    return results


def write_results(results: dict, folder: Path) -> None:
    """Writes ``<suite>.json``, and the table ``<suite>.md`` and chart ``<suite>.svg`` made from it.

    Args:
        results: what :func:`collect` returns.
        folder: is made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name, table = results['suite'], Table(results)
    write_json(folder / f'{name}.json', results)
    write_bytes(folder / f'{name}.md', markdown(table).encode())
    write_chart(table, folder / f'{name}.svg')
