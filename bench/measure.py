"""Timing: several pieces of work in turn, A B C A B C …, so that a machine's moods fall on all of them alike."""

from __future__ import annotations

import multiprocessing
import re
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any


def in_turn(pieces: dict[str, Callable[[], Any]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each piece in each round, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in pieces}
    for number in range(repeats + 1):
        for name, piece in pieces.items():
            start = time.perf_counter()
            piece()
            if number:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(above: list[float], below: list[float]) -> float:
    """Median of the ratios round by round."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def _peak(piece: Callable[..., Any], arguments: tuple[Any, ...]) -> int:
    piece(*arguments)
    status = Path("/proc/self/status")
    if status.exists():  # where it does, getrusage also counts what the parent had when it started this process
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) * 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def peak_memory(piece: Callable[..., Any], *arguments: Any) -> int:
    """Bytes that a fresh process needed at most for it, the interpreter and libraries included."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_peak, piece, arguments).result()


def plain_loop() -> Callable[[int], float]:
    """A compiled loop of so many rounds that holds no lock: what two threads can gain at the most."""
    from numba import njit

    @njit(nogil=True)
    def spin(n: int) -> float:
        total = 0.0
        for i in range(n):
            total += (i * 7919 % 104729) * 1e-6
        return total

    spin(1)
    compiled: Callable[[int], float] = spin
    return compiled
