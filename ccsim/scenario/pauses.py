"""When each agent of a shift is away from the contacts: activities, and breaks placed in their windows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from ccsim.scenario.shifts import Break, WorkingHours
from ccsim.scenario.values import Span


def pauses_of(shift: WorkingHours, day: date, agent: int) -> tuple[Span, ...]:
    """Pauses of one agent on a day on which the shift is worked, on its clock, sorted.

    Agents take the places of a window in turn, so that no more are away at once than must be and one agent more moves
    nobody's break. `agent` is counted through the shifts of a team, so that shifts of few agents do not break together.
    """
    hours, changed = shift.hours_on(day), shift.clock_change(day)
    assert hours is not None
    every = (places_of(shift, hours, rest, changed) for rest in shift.breaks)
    placed = [places[agent % len(places)] for places in every if places]
    return tuple(sorted((*_within(hours, shift.activities), *placed)))


def cycle_of(shift: WorkingHours) -> int:
    """After how many agents of a shift the same breaks come again."""
    changed = ((shift.hours_on(day), shift.clock_change(day)) for day in shift.changed_days())
    days = {*((hours, None) for hours in shift.every_hours()), *changed}
    lengths = (len(places_of(shift, hours, rest, change)) for hours, change in days if hours for rest in shift.breaks)
    return math.lcm(*(max(length, 1) for length in lengths))


def places_of(shift: WorkingHours, hours: Span, rest: Break, changed: Span | None = None) -> tuple[Span, ...]:
    """Places of a break, one after the other in its window, in the order in which agents take them.

    The time of activities and of breaks at fixed times is left out, and that which a clock change skips or repeats,
    unless the break itself is at a fixed time. In this order any number of agents is spread over
    the window: the places by their numbers with binary digits reversed (van der Corput's sequence).
    """
    fixed = [other.between for other in shift.breaks if other.is_fixed and other is not rest]
    hour = () if changed is None or rest.is_fixed else (changed,)
    return _places(hours, rest.between, rest.lasts, (*shift.activities, *fixed, *hour))


@lru_cache(maxsize=4096)  # asked for by agent, day and rule
def _places(hours: Span, window: Span, lasts: int, taken: tuple[Span, ...]) -> tuple[Span, ...]:
    free = list(_within(hours, [window]))
    for busy in taken:
        free = [part for window in free for part in _without(window, busy)]
    places = [Span(start, start + lasts) for part in free for start in range(part.start, part.end - lasts + 1, lasts)]
    digits = len(f"{max(len(places) - 1, 0):b}")
    return tuple(places[i] for i in sorted(range(len(places)), key=lambda i: f"{i:0{digits}b}"[::-1]))


def _within(hours: Span, spans: Iterable[Span]) -> Iterator[Span]:
    for span in spans:
        part = Span(max(span.start, hours.start), min(span.end, hours.end))
        if part.start < part.end:
            yield part


def _without(window: Span, busy: Span) -> Iterator[Span]:
    yield from _within(Span(window.start, busy.start), [window])
    yield from _within(Span(busy.end, window.end), [window])
