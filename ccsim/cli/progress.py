"""How far a command is: a line on stderr from its start on, and only where somebody watches."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tqdm import tqdm

EVERY: Final = 1.0
"""Seconds between two looks at the clock, however long nothing is finished."""


@contextmanager
def progress(unit: str, total: int | None = None, doing: str | None = None) -> Iterator[tqdm[Any]]:
    """A bar of so many units; its clock goes on while one of them takes long, or while the engine is compiled."""
    from tqdm import tqdm

    with _ticking(tqdm(total=total, unit=f" {unit}", desc=doing, disable=None, leave=False)) as bar:
        yield bar


@contextmanager
def step(doing: str) -> Iterator[None]:
    """What is done now and for how long, where nothing can be counted."""
    from tqdm import tqdm

    with _ticking(tqdm(bar_format="{desc} … {elapsed}", desc=doing, disable=None, leave=False)):
        yield


@contextmanager
def _ticking(bar: tqdm[Any]) -> Iterator[tqdm[Any]]:
    finished = threading.Event()

    def tick() -> None:
        while not finished.wait(EVERY):
            bar.refresh()

    clock = threading.Thread(target=tick, daemon=True)
    if not bar.disable:
        clock.start()
    try:
        yield bar
    finally:
        finished.set()
        if clock.ident is not None:
            clock.join()
        bar.close()
