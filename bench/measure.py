"""Timing: several pieces of work in turn, A B C A B C …, so that a machine's moods fall on all of them alike."""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import MappingProxyType
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


def process(arguments: Sequence[str], env: Mapping[str, str] = MappingProxyType({})) -> tuple[float, float]:
    """Seconds on the clock and of processor time of Python with these arguments, and of all it has waited for."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *arguments], env=os.environ | env, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    if child.wait() != 0:
        raise RuntimeError(f"{arguments} failed")
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


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
