"""The process that compiles the kernel for another one, which simulates meanwhile (see compilation.py)."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import threading
from contextlib import suppress

from ccsim import jit
from ccsim.engine import compilation, compiled
from ccsim.tables import Plan, Workload, blank


def work(first: str | None) -> None:
    """Compiles, first what `compile_first` of a module does.

    Ends without it when the parent does, unless that lets it finish.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # at once, wherever it is
    gc.set_threshold(50_000)  # most of what a compilation makes is kept to its end
    lock = jit.lock(
        compilation.folder(), patience=1.0
    )  # others who only look whether somebody compiles hold it for a moment
    if lock is None:
        os._exit(compilation.OTHERS_DO)
    threading.Thread(target=_watch, daemon=True).start()
    if first is not None:
        with suppress(Exception):  # whoever needs it compiles it then
            importlib.import_module(first).compile_first()
    compilation.finish_first()
    compiled.compile_all(blank(Workload), blank(Plan))
    compilation.finish()


def _watch() -> None:
    if not os.read(0, 1):
        os._exit(1)
