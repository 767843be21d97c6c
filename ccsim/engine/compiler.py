"""The process that compiles the kernel for another one, which simulates meanwhile (see compilation.py)."""

from __future__ import annotations

import importlib
import os
import signal
import threading
from contextlib import suppress
from typing import Any, get_args, get_type_hints

import numpy as np

from ccsim import jit, tables
from ccsim.engine import compilation, compiled
from ccsim.tables import Plan, Workload


def work(first: str | None) -> None:
    """Compiles, first what `compile_first` of a module does.

    Ends without it when the parent does, unless that lets it finish.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # at once, wherever it is
    lock = jit.lock(
        compilation.folder(), patience=1.0
    )  # others who only look whether somebody compiles hold it for a moment
    if lock is None:
        os._exit(compilation.OTHERS_DO)
    threading.Thread(target=_watch, daemon=True).start()
    if first is not None:
        with suppress(Exception):  # whoever needs it compiles it then
            importlib.import_module(first).compile_first()
    compiled.compile_all(_no_rows(Workload), _no_rows(Plan))
    compilation.finish()


def _watch() -> None:
    if not os.read(0, 1):
        os._exit(1)


def _no_rows(table: Any) -> Any:
    """The table with arrays of the declared types, empty, and zeros."""
    axes = {name: 1 + column.by.count(",") for name, column in tables.columns(table).items()}
    hints = get_type_hints(table)
    return table(
        **{
            name: np.empty((0,) * axes[name], get_args(get_args(hint)[1])[0]) if name in axes else 0
            for name, hint in hints.items()
        }
    )
