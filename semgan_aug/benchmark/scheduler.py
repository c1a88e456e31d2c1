"""Runs the unfinished jobs of a suite, several in parallel."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..core.cores import available_cores
from ..core.errors import UserFacingError
from ..core.files import write_bytes, write_json
from ..core.progress import Progress
from .suite import Suite, Training


class JobFailedError(UserFacingError):
    """A job cannot go on; the message names the file.

    A training has ended with an error, a job was begun with another config, or a result or the
    clock's file is damaged.
    """


@dataclass
class Job:
    """One training: a row of the table, or a translator that rows wait for.

    Attributes:
        name: name of the row, or ``translator_<name>``.
        seed: seed of the training.
        training: config of the training, and its changes.
        folder: work dir of the training. The result is written to a file beside it.
        waits_for: the job whose result this job needs: a row's translator, or the row whose
            segmenter labels a translator's target frames.
        row: whether the job is a row of the table.
    """

    name: str
    seed: int
    training: Training
    folder: Path
    waits_for: 'Job | None' = None
    row: bool = True

    @property
    def result_file(self) -> Path:
        return self.folder.parent / f'{self.name}-{self.seed}.json'

    def result(self) -> dict | None:
        """The result of the finished job; None if it has not finished.

        Raises:
            JobFailedError: the file holds no result.
        """
        if not self.result_file.exists():
            return None
        result = read(self.result_file)
        if 'metrics' not in result:
            raise JobFailedError(
                f'{self.result_file} holds no result of a job; delete it to run the job again'
            )
        return result

    @property
    def checkpoint(self) -> str:
        """Path of the finished job's last checkpoint.

        Raises:
            JobFailedError: the job has not finished.
        """
        result = self.result()
        if result is None:
            raise JobFailedError(f'{self.name} (seed {self.seed}) has not finished; run it first')
        return result['checkpoint']

    def fraction(self) -> float:
        """Share of the job that is done, 0 ... 1."""
        if self.result_file.exists():
            return 1.0
        try:
            state = json.loads((self.folder / 'progress.json').read_text())
        except (FileNotFoundError, ValueError):
            return 0.0
        return 0.98 * state['iter'] / state['max_iters']  # the rest is evaluation

    def ready(self) -> bool:
        """Whether the job that this one waits for has finished."""
        return self.waits_for is None or self.waits_for.result_file.exists()

    def digest(self) -> str:
        """The digest of this job's training, followed by that of the job that it waits for."""
        own = self.training.digest()
        return own if self.waits_for is None else f'{own} {self.waits_for.digest()}'

    def is_stale(self) -> bool:
        """Whether this job's stored config digest differs from the current one.

        A job without a stored digest is not stale.
        """
        begun, result = self.folder / 'config_digest', self.result() or {}
        made = result.get('config_digest', begun.read_text() if begun.exists() else None)
        return made not in (None, self.digest())

    def require_same_config(self) -> None:
        """Raises JobFailedError if the job is stale, see :meth:`is_stale`."""
        if self.is_stale():
            raise JobFailedError(
                f'{self.name} (seed {self.seed}) was begun with another config, or translator, '
                f'than {self.training.path} and the suite say now; delete {self.folder} and '
                f'{self.result_file} to train it again, or use another --work-dir'
            )

    def start(self, threads: int) -> subprocess.Popen:
        """Starts or continues the training in a new process, which writes to ``job.log``.

        Args:
            threads: number of CPU threads of the process.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        write_bytes(self.folder / 'config_digest', self.digest().encode())
        command = [sys.executable, '-m', 'semgan_aug.benchmark.job', str(self.training.path)]
        command += ['--work-dir', str(self.folder), '--result', str(self.result_file)]
        command += ['--seed', str(self.seed), '--options', json.dumps(self.training.options)]
        command += ['--training-data', json.dumps(self.training.training_data)]
        command += ['--config-digest', self.digest(), '--parent', str(os.getpid())]
        if self.waits_for is not None and self.row:
            command += ['--translator', self.waits_for.checkpoint]
        elif self.waits_for is not None:
            command += ['--labels-from', str(self.waits_for.result_file)]
        env = dict(
            os.environ,
            OMP_NUM_THREADS=str(threads),
            # The frames of MiniStreets also depend on the seed.
            MINISTREETS_SEED=str(self.seed),
            # Rows with the same translator share its cache.
            SEMGAN_CACHE=str(self.folder.parent / 'translation_cache'),
        )
        with open(self.folder / 'job.log', 'a') as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=env)


def plan(suite: Suite, folder: Path, seeds: list[int], rows: list[str]) -> list[Job]:
    """Plans the jobs of some rows and seeds; translators come first, because rows wait for them.

    Args:
        suite: the suite with the trainings.
        folder: work dir of the table.
        seeds: seeds of the trainings.
        rows: names of the rows.

    Returns:
        The jobs in the order in which they should start.
    """
    jobs: dict[tuple, Job] = {}

    def add(name: str, seed: int, row: bool) -> Job:
        training = suite.rows[name] if row else suite.translators[name]
        # A row waits for its translator, a translator for the row that labels its target frames.
        needed = training.translator if row else training.labels_from
        waits_for = None if needed is None else add(needed, seed, not row)
        label = name if row else f'translator_{name}'
        job = Job(label, seed, training, folder / f'{label}-{seed}', waits_for, row)
        return jobs.setdefault((label, seed), job)

    for seed in seeds:
        # Translators that need no row come first: they take longest, and rows wait for them.
        for name in unique(suite.rows[row].translator for row in rows):
            if name is not None and suite.translators[name].labels_from is None:
                add(name, seed, row=False)
        for row in rows:
            add(row, seed, row=True)
    return list(jobs.values())


def finished(suite: Suite, folder: Path) -> tuple[list[Job], list[Job]]:
    """Finds the finished jobs in a folder, of all rows and seeds.

    Returns:
        The jobs of the current configs, and the stale jobs (see :meth:`Job.is_stale`).

    Raises:
        JobFailedError: a file has the name of a result, but holds no result.
    """
    seeds = {
        int(match[2])
        for file in folder.glob('*.json')
        if (match := re.fullmatch(r'(.+)-(\d+)', file.stem)) and match[1] in suite.rows
    }
    jobs = [job for job in plan(suite, folder, sorted(seeds), list(suite.rows)) if job.result()]
    stale = [job for job in jobs if job.is_stale()]
    return [job for job in jobs if job not in stale], stale


def read(file: Path) -> dict:
    """Reads the object in a JSON file.

    Raises:
        JobFailedError: the file does not hold a JSON object.
    """
    try:
        content = json.loads(file.read_text())
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise JobFailedError(f'{file} is damaged; delete it, and the next run writes it again')
    return content


def unique(values: Iterable) -> list:
    """The distinct values, in the order of their first appearance."""
    return list(dict.fromkeys(values))


def run(jobs: list[Job], max_parallel: int, clock: Path) -> float:
    """Runs the jobs without a result; earlier results and checkpoints are reused.

    Args:
        jobs: jobs in order of preference.
        max_parallel: greatest number of jobs that run at the same time. They share the CPU cores.
        clock: JSON file with the total wall time of all runs, interrupted ones included.

    Returns:
        Total wall time of all runs in seconds.

    Raises:
        JobFailedError: a training ended with an error (the others are stopped; a second call
            continues), a job was begun with another config, or the clock's file is damaged.
    """
    for job in jobs:
        job.require_same_config()
    waiting = [job for job in jobs if job.result() is None]
    seconds = before = read(clock)['seconds'] if clock.exists() else 0.0
    if not waiting:
        return before
    cores = available_cores()
    clock.parent.mkdir(parents=True, exist_ok=True)
    running: dict[subprocess.Popen, Job] = {}
    started = time.monotonic()
    try:
        with Progress('starting', '%') as progress:
            progress.begin(done=_percent(jobs), total=100)
            while waiting or running:
                while len(running) < max_parallel and any(job.ready() for job in waiting):
                    job = next(job for job in waiting if job.ready())
                    waiting.remove(job)
                    alone = not running and not waiting
                    threads = cores if alone else max(1, cores // max_parallel)
                    running[job.start(threads)] = job
                time.sleep(0.5)
                seconds = round(before + time.monotonic() - started, 1)
                write_json(clock, dict(seconds=seconds))
                names = ', '.join(f'{job.name} {job.fraction():.0%}' for job in running.values())
                progress.update(_percent(jobs), names)
                for process in [p for p in running if p.poll() is not None]:
                    job = running.pop(process)
                    if job.result() is None:
                        raise JobFailedError(
                            f'{job.name} (seed {job.seed}) ended without a result; the reason is '
                            f'at the end of {job.folder / "job.log"}; run the same command again '
                            'to go on'
                        )
    finally:
        for process in running:
            process.kill()
            process.wait()
    return seconds


def _percent(jobs: list[Job]) -> float:
    """Progress of all jobs in %, weighted by their costs."""
    total = sum(job.training.cost for job in jobs)
    return 100 * sum(job.training.cost * job.fraction() for job in jobs) / total
