"""A crew does one task: it takes numbered units and gives back results as they are finished.

Only a few units are handed out beyond those whose results were fetched, so that memory does not grow with their number.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from multiprocessing import resource_tracker
from typing import Any, Final, Protocol

Task = Callable[[Any], Any]
AHEAD: Final = 2
"""Units in hand or waiting, a worker."""


class Crew(Protocol):
    """Workers at one task."""

    @property
    def workers(self) -> int:
        """How many units they do at once."""

    def send(self, number: int, unit: Any) -> None:
        """Hands them a unit."""

    def receive(self) -> tuple[int, Any]:
        """Number and result of the next unit that is finished; raises what the task raised."""


def finished(hands: Crew, units: Iterable[Any], *, in_order: bool = False) -> Iterator[Any]:
    """The result of each unit: as soon as it is finished, or in the order of the units."""
    numbered = enumerate(units)
    waiting: dict[int, Any] = {}
    sent = received = given = 0
    while True:
        for number, unit in islice(numbered, max(0, AHEAD * hands.workers - (sent - given))):
            hands.send(number, unit)
            sent += 1
        if given == sent:
            return
        number, result = hands.receive()
        waiting[number if in_order else received] = result
        received += 1
        while given in waiting:
            yield waiting.pop(given)
            given += 1


@contextmanager
def interrupts_wait() -> Iterator[None]:
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
