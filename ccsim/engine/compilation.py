"""The kernel's compilation, once for each version of its sources: a process does it while the reference simulates."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ccsim import jit, routing, tables
from ccsim.engine import events
from ccsim.tables import Workload

MEANWHILE: Final = 200_000
"""Contacts and turns that the reference engine simulates in less time than the kernel takes to compile."""

OTHERS_DO: Final = 3
"""Exit status of a process that finds another one compiling."""

_starting: Final = threading.Lock()
_children: Final[list[subprocess.Popen[bytes]]] = []
"""The process that compiles for this one, if there is any."""
_announced: Final[list[bool]] = []
"""Whether it was said that it does."""


@cache
def folder() -> Path:
    """Where the engine is kept once it is compiled from its sources as they are."""
    here = Path(__file__)
    sources = [here.with_name("kernel.py"), here.with_name("pointers.py")]
    sources += [Path(str(module.__file__)) for module in (events, routing, tables)]
    return jit.cache_folder(sources, version("numba"))


def finished() -> bool:
    """Whether the kernel has been compiled on this machine."""
    return _mark().exists()


def finish() -> None:
    """Notes that it has."""
    _mark().touch()


def first_pending() -> bool:
    """Whether a child of this process is still at what it compiles first."""
    return any(child.poll() is None for child in _children) and not _first_mark().exists()


def finish_first() -> None:
    """Notes that this has been compiled."""
    _first_mark().touch()


def _mark() -> Path:
    return folder() / f"compiled on {platform.node()}"


def _first_mark() -> Path:
    return folder() / f"first compiled on {platform.node()}"


def pending(workload: Workload | None = None, first: str | None = None) -> bool:
    """Whether the kernel is being compiled, by this process's child or another's; if nobody does it a child starts.

    The child begins with what `compile_first` of the module `first` compiles, if one is named. For a `workload` that
    is large beside a compilation it waits for the end of it. False also where no child can do it
    and the first call of the kernel has to compile.
    """
    large = workload is not None and len(workload.queue) + len(workload.work) > MEANWHILE
    while not finished():
        if not _child_works(large, first) and not jit.is_locked(folder()):
            return False
        if not large:
            return True
        time.sleep(0.05)
    return False


def _child_works(large: bool, first: str | None) -> bool:
    """Whether a child of this process compiles, or has just left it to another process's; at first it is started."""
    with _starting:
        if not _children:
            if jit.is_locked(folder()):
                return True
            code = f"import sys; sys.path[:] = {sys.path!r}; from ccsim.engine.compiler import work; work({first!r})"
            nowhere = subprocess.DEVNULL
            # numpy's threads look for work at first, on the processor of whoever simulates
            env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
            try:
                child = subprocess.Popen(
                    [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere, env=env
                )
            except OSError:
                return False
            _children.append(child)
            if not _announced:
                _announced.append(True)
                rest = "" if large else "; the reference engine simulates meanwhile"
                _say(f"compiling the fast engine (once){rest} …")
        status = _children[0].poll()
        if status == OTHERS_DO:
            _children.clear()  # should the other end too early it is this one's turn
        return status in (None, OTHERS_DO)


def let_finish() -> None:
    """Lets a compilation that this process has started outlive it: otherwise it ends with this process."""
    for child in _children:
        if child.poll() is None and child.stdin is not None:
            with suppress(OSError):
                child.stdin.write(b".")
                child.stdin.flush()
            _say("the fast engine is still being compiled, in the background.")


def _say(text: str) -> None:
    """On a line of its own, where a line that shows progress may stand."""
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{clear}ccsim: {text}", file=sys.stderr, flush=True)
