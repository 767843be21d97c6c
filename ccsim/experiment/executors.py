"""Where independent units of work run: here, on threads, or in other processes. The results are the same.

An executor takes a task and its units and gives the results in the order of the units. It keeps only a few results
ahead of the consumer, so that memory does not grow with their number.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Final, TypeVar

Task = Callable[[Any], Any]
AHEAD: Final = 2
"""Units in hand or waiting, a worker."""
A = TypeVar("A")
R = TypeVar("R")


def run_all(task: Callable[[A], R], units: Iterable[A], workers: int = 1, kind: str = "processes") -> Iterator[R]:
    """Results of `task` for each unit, in order: serially with one worker, else on `kind`, one of EXECUTORS.

    For processes the task, its units and its results are pickled. What the task raises is raised; MemoryError when a
    process is killed from outside.
    """
    return map(task, units) if workers == 1 else EXECUTORS[kind](task, iter(units), workers)


def _on_threads(task: Task, units: Iterator[Any], workers: int) -> Iterator[Any]:
    pool = ThreadPoolExecutor(workers)
    try:
        running: deque[Future[Any]] = deque(pool.submit(task, unit) for unit in islice(units, AHEAD * workers))
        while running:
            result = running.popleft().result()
            running.extend(pool.submit(task, unit) for unit in islice(units, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)


def _in_processes(task: Task, units: Iterator[Any], workers: int) -> Iterator[Any]:
    # Not concurrent.futures: its threads can wait for ever for the rest of a result whose process was terminated. Here
    # every worker has a pipe of its own, so that all can be ended at any time.
    crew: list[tuple[SpawnProcess, Connection]] = []
    try:
        _hire(crew, task, workers)
        lines: deque[Connection] = deque()
        for unit, (_, line) in zip(islice(units, AHEAD * workers), cycle(crew), strict=False):
            line.send(unit)
            lines.append(line)
        while lines:
            line = lines.popleft()
            result, fault = line.recv()
            if fault is not None:
                raise fault
            for unit in islice(units, 1):
                line.send(unit)
                lines.append(line)
            yield result
    except (EOFError, ConnectionError):
        raise MemoryError("A worker process was ended from outside, most likely for want of memory.") from None
    finally:
        for worker, line in crew:
            worker.terminate()
            line.close()
        for worker, _ in crew:
            worker.join()


def _hire(crew: list[tuple[SpawnProcess, Connection]], task: Task, workers: int) -> None:
    # fresh interpreters: a fork would copy the locks of numba's and Arrow's threads
    context = multiprocessing.get_context("spawn")
    with _interrupts_wait():
        for _ in range(workers):
            ours, theirs = context.Pipe()
            worker = context.Process(target=_work, args=(task, theirs), daemon=True)
            worker.start()
            theirs.close()
            crew.append((worker, ours))


def _work(task: Task, line: Connection) -> None:
    # Ctrl-C reaches the whole process group; the parent alone decides what it means
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            unit = line.recv()
        except EOFError:  # the parent is gone
            return
        result = fault = None
        try:
            result = task(unit)
        except Exception as error:
            error.add_note(traceback.format_exc())
            fault = error
        line.send((result, fault))


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C is held back to the end of the block, and from processes born in it: half born they would die noisily."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    masks = hasattr(signal, "pthread_sigmask")  # not on Windows
    if masks:
        resource_tracker.ensure_running()  # or else the first birth starts it, and that lifts the mask
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # children inherit it
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, before)
    if came:
        before(signal.SIGINT, None)


EXECUTORS: Final[dict[str, Callable[[Task, Iterator[Any], int], Iterator[Any]]]] = {
    "threads": _on_threads,
    "processes": _in_processes,
}
