"""Where independent units of work run: here, on threads, or in other processes. The results are the same.

An executor takes a task and its arguments and gives the results in the order of the arguments. It keeps only a few
results ahead of the consumer, so that memory does not grow with the number of units.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import Final, TypeVar

A = TypeVar("A")
R = TypeVar("R")


def run_all(task: Callable[[A], R], units: Iterable[A], workers: int = 1, kind: str = "processes") -> Iterator[R]:
    """Results of `task` for each unit, in order: serially with one worker, else on `kind` ("threads", "processes").

    For processes the task, its units and its results are pickled. Raises MemoryError when a process is killed.
    """
    if workers == 1:
        yield from map(task, units)
        return
    others = set(multiprocessing.active_children())
    pool = EXECUTORS[kind](workers)
    try:
        yield from _in_order(pool, task, units, workers)
    except BrokenProcessPool:
        raise MemoryError("a worker process was ended from outside, most likely for want of memory") from None
    except BaseException:
        # Interrupted or failed: what is running is of no use to anybody, so it is not waited for.
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def _processes(workers: int) -> Executor:
    # Fresh interpreters: a fork would copy the locks of numba's and Arrow's threads.
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _ignore_interrupts)


EXECUTORS: Final[dict[str, Callable[[int], Executor]]] = {"threads": ThreadPoolExecutor, "processes": _processes}


def _ignore_interrupts() -> None:
    """Ctrl-C reaches the whole process group; the parent alone decides what it means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C is held back until the end of the block: a worker that is being born would die noisily."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_order(pool: Executor, task: Callable[[A], R], units: Iterable[A], workers: int) -> Iterator[R]:
    units = iter(units)
    running: deque[Future[R]] = deque()

    def submit(number: int) -> None:
        with _interrupts_wait():
            running.extend(pool.submit(task, unit) for unit in islice(units, number))

    submit(2 * workers)
    while running:
        result = running.popleft().result()
        submit(1)
        yield result
