"""Where independent units of work run: here, on threads, in other processes, on a cluster. The results are the same."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from ccsim.errors import Problem, ScenarioError
from ccsim.runs.crew import Crew, Task, finished, interrupts_wait

WORKERS_A_PROCESSOR: Final = 8
"""More workers on one machine would only cost memory; the results are the same."""

ENDING: Final = 1.0
"""Seconds that a process takes at most to end after its line has ended."""

A = TypeVar("A")
R = TypeVar("R")


def run_all(task: Callable[[A], R], units: Iterable[A], workers: int = 1, executor: str = "processes") -> Iterator[R]:
    """Results of `task` for each unit, in order, by no more workers than there are units.

    `executor` is as for `crew`. Raises what the task raises, and what `crew` does.
    """
    most = max(1, len(units)) if isinstance(units, Sized) else None
    with crew(task, workers, executor, most) as hands:
        yield from finished(hands, units, in_order=True)


def crew(task: Task, workers: int, executor: str, units: int | None = None) -> AbstractContextManager[Crew]:
    """Workers on `executor`: one of EXECUTORS or the address of a Dask scheduler ("local" starts one).

    No more than there are `units`, where their number is known, and on this machine WORKERS_A_PROCESSOR a processor.

    One worker works here, without an executor, unless it is a cluster's. For processes and clusters the task, its units
    and its results are pickled. Raises MemoryError when a process is killed from outside, or a unit kills one after the
    other on a cluster; ConnectionError when a cluster cannot be reached (any more); ScenarioError when its workers'
    libraries are others, for an executor or a number of workers that cannot be, and where processes cannot begin.
    """
    from ccsim.scenario.faults import did_you_mean, shown
    from ccsim.scenario.values import whole

    if not isinstance(executor, str) or not (executor in EXECUTORS or executor == "local" or ":" in executor):
        allowed = did_you_mean(str(executor), [*EXECUTORS, "local"])
        address = 'the address of a Dask scheduler, such as "tcp://host:8786"'
        raise ScenarioError([Problem("executor", shown(executor), f"{allowed}, or {address}")])
    workers = whole(workers)
    if not isinstance(workers, int) or workers < 1:
        raise ScenarioError([Problem("workers", shown(workers), "a whole number of 1 or more")])
    workers = workers if units is None else min(workers, units)
    if executor not in EXECUTORS:
        from ccsim.runs.cluster import on_cluster

        return on_cluster(task, workers, executor)
    workers = min(workers, WORKERS_A_PROCESSOR * (os.cpu_count() or 1))
    return EXECUTORS[executor](task, workers) if workers > 1 else nullcontext(_Here(task))


# ----------------------------------------------------------------------------------------------------------------- here


class _Here:
    workers = 1

    def __init__(self, task: Task) -> None:
        self._task = task
        self._units: deque[tuple[int, Any]] = deque()

    def send(self, number: int, unit: Any) -> None:
        self._units.append((number, unit))

    def receive(self) -> tuple[int, Any]:
        number, unit = self._units.popleft()
        return number, self._task(unit)


# -------------------------------------------------------------------------------------------------------------- threads


class _Threads:
    def __init__(self, task: Task, pool: ThreadPoolExecutor, workers: int) -> None:
        self.workers = workers
        self._task = task
        self._pool = pool
        self._done: SimpleQueue[tuple[int, Future[Any]]] = SimpleQueue()

    def send(self, number: int, unit: Any) -> None:
        self._pool.submit(self._task, unit).add_done_callback(lambda future: self._done.put((number, future)))

    def receive(self) -> tuple[int, Any]:
        number, future = self._done.get()
        return number, future.result()


@contextmanager
def _on_threads(task: Task, workers: int) -> Iterator[Crew]:
    pool = ThreadPoolExecutor(workers)
    try:
        yield _Threads(task, pool, workers)
    finally:
        pool.shutdown(cancel_futures=True)


# ------------------------------------------------------------------------------------------------------------ processes


class _Processes:
    # Not concurrent.futures: its threads can wait for ever for the rest of a result whose process was terminated. Here
    # every worker has a pipe of its own, so that all can be ended at any time.

    def __init__(self, hired: Sequence[tuple[SpawnProcess, list[Connection]]]) -> None:
        self._hired = [worker for worker, _ in hired]
        self._in_hand = dict.fromkeys((line for _, lines in hired for line in lines), 0)
        self.workers = len(self._in_hand)

    def send(self, number: int, unit: Any) -> None:
        line = min(self._in_hand, key=self._in_hand.__getitem__)
        with self._deaths_explained():
            line.send((number, unit))
        self._in_hand[line] += 1

    def receive(self) -> tuple[int, Any]:
        line = connection.wait([line for line, units in self._in_hand.items() if units])[0]
        assert isinstance(line, Connection)
        with self._deaths_explained():
            number, result, fault = line.recv()
        self._in_hand[line] -= 1
        if fault is not None:
            raise fault
        return number, result

    @contextmanager
    def _deaths_explained(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError):  # a line may also end within a message
            ended = connection.wait([worker.sentinel for worker in self._hired], ENDING)
            for worker in self._hired:
                if worker.sentinel in ended:
                    worker.join()
            if any(worker.exitcode == 1 for worker in self._hired):  # by an error of its own, before any unit
                allowed = 'a script that runs below `if __name__ == "__main__":` and imports its parts, or "threads"'
                raise ScenarioError([Problem("executor", "a worker process could not begin", allowed)]) from None
            raise MemoryError("A worker process was ended from outside, most likely for want of memory.") from None


@contextmanager
def processes(task: Task, workers: int, prepare: Callable[[], None] | None = None) -> Iterator[Crew]:
    """Workers in processes of their own, even if it is one, that call `prepare` before they are handed anything.

    Where the system can copy a process, that is done once for all of them.
    """
    copied = prepare is not None and sys.platform == "linux"
    hired: list[tuple[SpawnProcess, list[Connection]]] = []
    try:
        _hire(hired, [workers] if copied else [1] * workers, task, prepare)
        yield _Processes(hired)
    finally:
        for worker, lines in hired:
            worker.terminate()
            for line in lines:
                line.close()  # which ends the copies of a worker, too
        for worker, _ in hired:
            worker.join()


def _hire(
    hired: list[tuple[SpawnProcess, list[Connection]]],
    sizes: Iterable[int],
    task: Task,
    prepare: Callable[[], None] | None,
) -> None:
    # fresh interpreters: a fork of this one would copy the locks of numba's and Arrow's threads
    context = multiprocessing.get_context("spawn")
    with interrupts_wait():
        for size in sizes:
            pipes = [context.Pipe() for _ in range(size)]
            worker = context.Process(target=_work, args=(task, [theirs for _, theirs in pipes], prepare), daemon=True)
            worker.start()
            for _, theirs in pipes:
                theirs.close()
            hired.append((worker, [ours for ours, _ in pipes]))


def _work(task: Task, lines: list[Connection], prepare: Callable[[], None] | None) -> None:
    # Ctrl-C reaches the whole process group; the parent alone decides what it means
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if prepare is not None:
        with suppress(Exception):  # whoever needs what failed says so
            prepare()
    line = _one_each(lines)
    units: SimpleQueue[tuple[int, Any]] = SimpleQueue()
    # always reading, so that neither end waits for the other to read
    threading.Thread(target=_read, args=(line, units), daemon=True).start()
    while True:
        number, unit = units.get()
        result = fault = None
        try:
            result = task(unit)
        except Exception as error:
            error.add_note(traceback.format_exc())
            fault = error
        line.send((number, result, fault))


def _one_each(lines: list[Connection]) -> Connection:
    """One of the lines; for each of the others there is a copy of this process from here on."""
    while len(lines) > 1:
        line = lines.pop()
        if os.fork() == 0:
            for other in lines:
                other.close()
            return line
        line.close()
    return lines[0]


def _read(line: Connection, units: SimpleQueue[tuple[int, Any]]) -> None:
    while True:
        try:
            units.put(line.recv())
        except (EOFError, OSError):  # the parent is gone, nobody wants what is in hand
            os._exit(0)


EXECUTORS: Final[dict[str, Callable[[Task, int], AbstractContextManager[Crew]]]] = {
    "threads": _on_threads,
    "processes": processes,
}
