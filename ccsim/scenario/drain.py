"""How long a run goes on after its last day (docs/model.md, section 7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ccsim.distributions.calendar import DAY, Calendar

if TYPE_CHECKING:
    from ccsim.scenario.queues import Queue

LONGEST: Final = 366
"""Days after the end that a run may go on."""


def last_deadlines(queues: Mapping[str, Queue], calendar: Calendar, days: int) -> dict[str, int | None]:
    """By queue the time from the end of the last day until whoever came by then is late by every target, microseconds.

    None where that takes more than LONGEST days; queues that measure nothing against a time are left out.
    """
    return {
        name: _passes(queue, longest, calendar, days)
        for name, queue in queues.items()
        if (longest := max((target.time for target in queue.timed_targets.values()), default=None)) is not None
    }


def _passes(queue: Queue, time: int, calendar: Calendar, days: int) -> int | None:
    """When so much time has gone by since the end on the clock of a queue's targets."""
    end = calendar.at(days)
    if queue.clock == "calendar":
        return time if time <= LONGEST * DAY else None
    reached, left = end, time
    for day in range(days - 1, days + LONGEST):
        for span in sorted(queue.open.on(calendar.date(day))):
            opens, closes = max(calendar.at(day, span.start), reached), calendar.at(day, span.end)
            if closes - opens >= left:
                return opens + left - end
            left -= max(0, closes - opens)
            reached = max(reached, closes)
    return None
