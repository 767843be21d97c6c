"""When a scenario's queues are open, its teams staffed and its customers expected, over the days of the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ccsim.scenario.faults import dotted
from ccsim.scenario.model import MICROSECOND, Queue, Scenario, Team, Volume
from ccsim.scenario.values import DAY, HOUR, WHOLE_DAY, Span

Local = tuple[datetime, datetime]
"""A stretch of local time, half-open."""


@dataclass(frozen=True)
class Duty:
    """So many agents of a team in a stretch of local time, less the pauses in it."""

    agents: int
    hours: Local
    pauses: tuple[Local, ...]


def run_days(scenario: Scenario) -> list[date]:
    """The days of the run and of its drain."""
    drain = -(-scenario.drain // DAY)
    return [scenario.start + timedelta(days=day) for day in range(scenario.days + drain)]


def local(day: date, span: Span) -> Local:
    """A span of a day's clock as local times."""
    midnight = datetime.combine(day, datetime.min.time())
    return midnight + timedelta(microseconds=span.start), midnight + timedelta(microseconds=span.end)


def openings(queue: Queue, days: list[date]) -> Iterator[Local]:
    """Opening hours of those days."""
    return (local(day, span) for day in days for span in queue.open.on(day))


def duties(team: Team, days: list[date]) -> Iterator[Duty]:
    """Shifts that begin on those days."""
    for shift in team.shifts:
        for day in days:
            if shift.days.on(day):
                pauses = (*shift.breaks, *shift.activities)
                yield Duty(shift.agents, local(day, shift.hours), tuple(local(day, pause) for pause in pauses))
    if team.roster is not None:
        known = set(days)
        for row in team.roster.shifts:
            if row.start.date() in known:
                yield Duty(1, (row.start, row.end), row.breaks)


def staffed_hours(team: Team, days: list[date]) -> float:
    """Agent hours of the shifts that begin on those days, less breaks, activities and expected absence."""
    paid = sum(duty.agents * (hours(duty.hours) - sum(map(hours, duty.pauses))) for duty in duties(team, days))
    return paid * (1 - team.absence)


def contacts(queue: Queue, scenario: Scenario) -> dict[date, float]:
    """Expected roots by day of the run; of a queue that rejects, those of its opening hours. Without spikes."""
    days = [scenario.start + timedelta(days=day) for day in range(scenario.days)]
    rejects = queue.outside_hours == "reject"
    served = {day: [local(day, span) for span in (queue.open.on(day) if rejects else (WHOLE_DAY,))] for day in days}
    volume = queue.volume
    if volume is None:
        return dict.fromkeys(days, 0.0)
    if volume.per_hour is not None:
        return {day: volume.scale * volume.per_hour * sum(map(hours, served[day])) for day in days}
    if volume.per_day is not None:
        return {day: volume.scale * volume.per_day * volume.weekday.on(day) if served[day] else 0.0 for day in days}
    expected = dict.fromkeys(days, 0.0)
    for moment, number in _given(volume, scenario):
        if any(start <= moment < end for start, end in served.get(moment.date(), ())):
            expected[moment.date()] += volume.scale * number
    return expected


def _given(volume: Volume, scenario: Scenario) -> Iterator[tuple[datetime, float]]:
    """Local time and number of what a file or log says."""
    yield from volume.intervals
    zone = ZoneInfo(scenario.timezone) if scenario.timezone else None
    midnight = datetime.combine(scenario.start, datetime.min.time())
    for arrival in volume.trace.arrivals if volume.trace else ():
        if isinstance(arrival, int):
            yield midnight + arrival * MICROSECOND, 1.0
        else:
            yield (arrival.astimezone(zone).replace(tzinfo=None) if arrival.tzinfo else arrival), 1.0


def edges(scenario: Scenario) -> Iterator[tuple[str, datetime]]:
    """Every local time at which something begins or ends, with the path that says so."""
    days = run_days(scenario)
    for name, queue in scenario.queue.items():
        yield from _queue_edges(name, queue, days)
    for name, team in scenario.team.items():
        yield from _team_edges(name, team, days)
    for i, spike in enumerate(scenario.spike):
        yield dotted(("spike", i, "at")), spike.at


def _queue_edges(name: str, queue: Queue, days: list[date]) -> Iterator[tuple[str, datetime]]:
    for day in days:
        for span in queue.open.on(day):
            yield from _ends(("queue", name, "open"), day, span)
    for interval in queue.volume.intervals if queue.volume else ():
        if interval.contacts > 0:
            yield dotted(("queue", name, "volume", "file")), interval.start
    trace = queue.volume.trace if queue.volume else None
    if trace is not None:
        for line, arrival in zip(trace.lines, trace.arrivals, strict=True):
            if isinstance(arrival, datetime) and arrival.tzinfo is None:
                yield f"{trace.log}:{line}", arrival


def _team_edges(name: str, team: Team, days: list[date]) -> Iterator[tuple[str, datetime]]:
    for i, shift in enumerate(team.shifts):
        for day in filter(shift.days.on, days):
            yield from _ends(("team", name, "shifts", i, "hours"), day, shift.hours)
            for key in ("breaks", "activities"):
                for pause in getattr(shift, key):
                    yield from _ends(("team", name, "shifts", i, key), day, pause)
    if team.roster is not None:
        for row in team.roster.shifts:
            for start, end in ((row.start, row.end), *row.breaks):
                yield f"{team.roster.file}:{row.line}", start
                yield f"{team.roster.file}:{row.line}", end


def _ends(place: tuple[str | int, ...], day: date, span: Span) -> Iterator[tuple[str, datetime]]:
    # whole days follow one another, whatever the clock does at midnight
    if span != WHOLE_DAY:
        yield from ((dotted(place), end) for end in local(day, span))


def hours(stretch: Local) -> float:
    """Its length."""
    return (stretch[1] - stretch[0]) / timedelta(microseconds=HOUR)
