"""Cases one after the other in a process of their own, which may take so much time and memory and no more."""

from __future__ import annotations

import multiprocessing
import resource
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

PATIENCE: Final = 1200.0
"""Seconds on the clock after which a case hangs that takes no processor time."""
EACH: Final = 300
"""Cases after which a fresh process goes on."""
ADDRESSES: Final = 8 * 2**30
"""Bytes of memory that a process can ask for."""


@dataclass
class Outcome:
    """How a case ended, by kinds that are counted, and what of it should not be."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


Work = Callable[[int], Outcome]


def tried(work: Work, seeds: range, seconds: int) -> Iterator[tuple[int, Outcome]]:
    """Each seed's outcome; a case that takes more processor time than so many seconds is ended, and hangs."""
    left = list(seeds)
    while left:
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_serve, args=(work, there, seconds))
        process.start()
        there.close()
        try:
            for _ in range(min(EACH, len(left))):
                seed = left.pop(0)
                here.send(seed)
                try:
                    if not here.poll(PATIENCE):
                        yield seed, _bad("hang", f"nothing for {PATIENCE:.0f} s")
                        break
                    yield seed, here.recv()
                except EOFError:
                    process.join()
                    hangs = process.exitcode == -signal.SIGXCPU
                    yield seed, _bad("hang" if hangs else "crash", f"the process ended with {process.exitcode}")
                    break
        finally:
            here.close()
            process.join(10)
            process.kill()
            process.join()


def _bad(kind: str, what: str) -> Outcome:
    return Outcome(Counter([kind]), [f"{kind}: {what}"])


def _serve(work: Work, connection: Connection, seconds: int) -> None:
    """In the process: a seed in, its outcome out."""
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)  # ends compiled code too
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            seed = connection.recv()
        except EOFError:
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        connection.send(work(seed))


def memory(since_then: bool = False) -> int:
    """Bytes that this process holds now, or has held at most since it was last asked for what it holds."""
    if not since_then:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) * 1024
