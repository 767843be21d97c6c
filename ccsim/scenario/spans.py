"""When a scenario's queues are open, its teams staffed and its customers expected, over the days of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ccsim.scenario.bots import past_bot
from ccsim.scenario.leave import leave_of
from ccsim.scenario.model import Scenario
from ccsim.scenario.parts import MICROSECOND
from ccsim.scenario.pauses import cycle_of, pauses_of, places_of
from ccsim.scenario.queues import Queue
from ccsim.scenario.shifts import WorkingHours
from ccsim.scenario.teams import Team
from ccsim.scenario.values import DAY, HOUR, WHOLE_DAY, ByDay, Span
from ccsim.scenario.volumes import Demand, Interval, Volume

Local = tuple[datetime, datetime]
"""A stretch of local time, half-open."""

Edge = tuple[tuple[str | int, ...] | str, datetime]
"""A local time with the place in the tables that says it, or the row of a file as text."""


@dataclass(frozen=True)
class StaffedHours:
    """So many agents of a team in a stretch of local time, less the pauses in it."""

    agents: int
    hours: Local
    pauses: tuple[Local, ...]


def run_days(scenario: Scenario) -> list[date]:
    """The days of the run and of its drain."""
    drain = -(-scenario.drain_time // DAY)
    return [scenario.start + timedelta(days=day) for day in range(scenario.days + drain)]


@lru_cache(4096)
def local(day: date, span: Span) -> Local:
    """A span of a day's clock as local times, remembered as the points of a sweep ask for the same."""
    midnight = datetime.combine(day, datetime.min.time())
    return midnight + timedelta(microseconds=span.start), midnight + timedelta(microseconds=span.end)


def meet(some: list[Local], others: list[Local]) -> bool:
    """Whether two sets of stretches have a moment in common."""
    some, others = sorted(some), sorted(others)
    i = j = 0
    while i < len(some) and j < len(others):
        if some[i][0] < others[j][1] and others[j][0] < some[i][1]:
            return True
        if some[i][1] <= others[j][1]:
            i += 1
        else:
            j += 1
    return False


def openings(queue: Queue, days: list[date]) -> Iterator[Local]:
    """Opening hours of those days."""
    return (local(day, span) for day in days for span in queue.open.on(day))


def duties(team: Team, days: list[date]) -> Iterator[StaffedHours]:
    """Shifts that begin on those days, without who is on leave."""
    cycles = [cycle_of(shift) for shift in team.shifts]
    for day in days:
        away = leave_of(team, day)
        for number, shift in enumerate(team.shifts):
            if worked := shift.hours_on(day):
                there = range(sum(away[number]), shift.agents)
                ways = Counter[tuple[Span, ...]]()
                for first, place in enumerate(there[: cycles[number]]):
                    ways[pauses_of(shift, day, number + place)] += len(there[first :: cycles[number]])
                for pauses, agents in (ways or Counter({pauses_of(shift, day, number): 0})).items():
                    yield StaffedHours(agents, local(day, worked), tuple(local(day, pause) for pause in pauses))
    if team.roster is not None:
        known = set(days)
        for row in team.roster.shifts:
            if row.start.date() in known:
                yield StaffedHours(1, (row.start, row.end), row.breaks)


def staffed_hours(team: Team, days: list[date]) -> float:
    """Agent hours of the shifts that begin on those days, less breaks, activities and expected absence."""
    paid = sum(duty.agents * (hours(duty.hours) - sum(map(hours, duty.pauses))) for duty in duties(team, days))
    return paid * (1 - team.absence)


def contacts(scenario: Scenario, name: str) -> dict[date, float]:
    """Expected roots of a queue by day of the run; of one that rejects, those of its opening hours.

    Those deflected are left out; so are spikes, backlog and what the company sends. Who is moved to it comes when they
    would have come to the other queue.
    """
    expected = dict.fromkeys(_served(scenario, name), 0.0)
    for source, share in sources(scenario, name).items():
        for day, number in _would_come(scenario, source).items():
            expected[day] += number * share * arrives(scenario, name)
    return expected


def sources(scenario: Scenario, name: str) -> dict[str, float]:
    """Whose would-be customers come to a queue, and what share of them: its own who are not moved, and those moved."""
    shares = {name: 1 - sum(move.share for move in scenario.move if move.from_ == name)}
    for move in scenario.move:
        if move.to == name and move.from_ in scenario.queue:
            shares[move.from_] = shares.get(move.from_, 0.0) + move.share
    return shares


def _served(scenario: Scenario, name: str) -> dict[date, list[Local]]:
    """When a queue's customers are served or wait to be, by day."""
    queue = scenario.queue[name]
    by_appointment = queue.volume is not None and queue.volume.appointments is not None
    rejects = queue.outside_hours == "reject" or by_appointment
    days = [scenario.start + timedelta(days=day) for day in range(scenario.days)]
    return {day: [local(day, span) for span in (queue.open.on(day) if rejects else (WHOLE_DAY,))] for day in days}


def _would_come(scenario: Scenario, name: str) -> dict[date, float]:
    """Would-be customers of a queue by day, before moves and self-service."""
    queue, demand, served = scenario.queue[name], scenario.demand, _served(scenario, name)
    expected = dict.fromkeys(served, 0.0)
    for volume, share in ((queue.volume, 1.0), (demand, reach(demand).get(name, 0.0) if demand else 0.0)):
        if volume is not None and share > 0:
            for day, number in _expected(volume, served, scenario).items():
                expected[day] += number * volume.scale * share
    return expected


def drawn(scenario: Scenario, name: str) -> float:
    """Would-be customers of a queue who are drawn, before moves: with those whom self-service deflects, who come while
    it is closed, and who do not come to their appointment; without spikes."""
    volume, demand, would_come = scenario.queue[name].volume, scenario.demand, 0.0
    if demand is not None:
        would_come += seeking(scenario) * reach(demand).get(name, 0.0)
    if volume is not None:
        limited = volume.per_day is not None or volume.appointments is not None
        would_come += _all_of(scenario, volume, _served(scenario, name) if limited else None)
    return would_come


def seeking(scenario: Scenario) -> float:
    """Customers of the demand, those whom every barrier turns away included."""
    return _all_of(scenario, scenario.demand) if scenario.demand is not None else 0.0


def _all_of(scenario: Scenario, volume: Volume, served: dict[date, list[Local]] | None = None) -> float:
    """Customers of a volume who are drawn, in the hours served or (without them) in all."""
    days = (scenario.start + timedelta(days=day) for day in range(scenario.days))
    always = {day: [local(day, WHOLE_DAY)] for day in days} if served is None else served
    all_come = volume.model_copy(update={"no_show": 0.0})
    return sum(_expected(all_come, always, scenario).values()) * volume.scale


def work_offered(scenario: Scenario, name: str) -> dict[date, float]:
    """Work on a queue's contacts by day, all turns and the wrap-up, in seconds; see `contacts`."""
    queue, usual = scenario.queue[name], _handle_times(scenario, name)
    work = {day: number * usual[day] for day, number in contacts(scenario, name).items()}
    for move in scenario.move:
        if move.to == name and (move.work is not None or move.turns is not None):
            theirs = queue.moved(move).handle_time
            for day, number in _would_come(scenario, move.from_).items():
                work[day] += number * move.share * arrives(scenario, name) * (theirs - usual[day])
    return work


def _handle_times(scenario: Scenario, name: str) -> dict[date, float]:
    """Of a contact, by day: as the volume's intervals say, each as it weighs; of profiles, over the opening hours."""
    queue = scenario.queue[name]
    by_day: dict[date, list[Interval]] = {}
    for row in queue.volume.intervals if queue.volume is not None else ():
        by_day.setdefault(row.start.date(), []).append(row)
    by_date: dict[date, float] = {}
    usual_of_people = queue.handle_time * past_bot(queue, queue.talk_to_bot)[1]
    for day in (scenario.start + timedelta(days=day) for day in range(scenario.days)):
        rows, spans = by_day.get(day, []), queue.open.on(day)
        total = sum(row.contacts for row in rows)
        by_date[day] = usual_of_people
        if total and any(row.handle_time for row in rows):
            by_date[day] = sum(row.contacts * (row.handle_time or usual_of_people) for row in rows) / total
        open_for = sum(min(span.end, DAY) - span.start for span in spans)
        for key, usual in (("work", queue.turns_mean * queue.turn_work.mean), ("wrap_up", queue.wrap_up.mean)):
            if key in queue.profiles and spans:
                steps = ((0, 1.0), *queue.profiles[key].on(day))
                factors = sum(area(steps, span.start, min(span.end, DAY)) for span in spans)
                by_date[day] += usual * (factors / open_for - 1)
    return by_date


def area(steps: Sequence[tuple[int, float]], start: int, end: int) -> float:
    """Of numbers that hold from their time after midnight until the next: number x time from `start` to `end`."""
    edges = [*(time for time, _ in steps), DAY]
    return sum(
        number * max(0, min(end, later) - max(start, time))
        for (time, number), later in zip(steps, edges[1:], strict=True)
    )


def arrives(scenario: Scenario, name: str) -> float:
    """The share of a queue's would-be contacts that self-service leaves to it."""
    sought, left = 1.0, 0.0
    for service in scenario.self_service.values():
        deflected = service.deflects.get(name, 0.0)
        left += sought * deflected * service.fails
        sought *= 1 - deflected
    return sought + left


def reach(demand: Demand) -> dict[str, float]:
    """The share of a demand that comes to each queue, past its barriers."""
    shares: dict[str, float] = dict.fromkeys((*demand.mix, *demand.fallback.values()), 0.0)
    total = sum(demand.mix.values())
    for wanted, weight in demand.mix.items():
        name: str | None = wanted
        left, refused = weight / total if total else 0.0, set[str]()
        while name is not None and name not in refused:
            barrier = demand.barrier.get(name, 0.0)
            shares[name] += left * (1 - barrier)
            left *= barrier
            refused.add(name)
            name = demand.fallback.get(name)
    return shares


def _expected(volume: Volume, served: dict[date, list[Local]], scenario: Scenario) -> dict[date, float]:
    """Contacts of a volume by day, in the hours served, before `scale`."""
    if volume.per_hour is not None:
        return {day: volume.per_hour * sum(map(hours, spans)) for day, spans in served.items()}
    if volume.per_day is not None:
        return {day: volume.per_day * volume.weekday.on(day) if spans else 0.0 for day, spans in served.items()}
    expected = dict.fromkeys(served, 0.0)
    for moment, number in given(volume, scenario):
        if any(start <= moment < end for start, end in served.get(moment.date(), ())):
            expected[moment.date()] += number
    return expected


def given(volume: Volume, scenario: Scenario) -> Iterator[tuple[datetime, float]]:
    """Local time and number of what a file or log says, or what is booked."""
    yield from ((row.start, row.contacts) for row in volume.intervals)
    zone = ZoneInfo(scenario.timezone) if scenario.timezone else None
    midnight = datetime.combine(scenario.start, datetime.min.time())
    for arrival in volume.trace.arrivals if volume.trace else ():
        if isinstance(arrival, int):
            yield midnight + arrival * MICROSECOND, 1.0
        else:
            yield (arrival.astimezone(zone).replace(tzinfo=None) if arrival.tzinfo else arrival), 1.0
    for moment in booked(volume, scenario):
        yield moment, volume.appointments.each * (1 - volume.no_show) if volume.appointments else 0.0


def booked(volume: Volume, scenario: Scenario) -> Iterator[datetime]:
    """The times of its appointments, whether the queue is open then or not."""
    if volume.appointments is not None:
        hours, every = volume.appointments.hours, volume.appointments.every
        for day in range(-1, scenario.days):
            midnight = datetime.combine(scenario.start + timedelta(days=day), datetime.min.time())
            for wall in range(hours.start, hours.end, every):
                yield midnight + timedelta(microseconds=wall)


def volumes(scenario: Scenario) -> Iterator[tuple[tuple[str, ...], Volume]]:
    """Every volume of a scenario with its place."""
    for name, queue in scenario.queue.items():
        if queue.volume is not None:
            yield ("queue", name, "volume"), queue.volume
    if scenario.demand is not None:
        yield ("demand",), scenario.demand


def edges(scenario: Scenario) -> Iterator[Edge]:
    """Every local time at which something begins or ends, with the place that says so, or the row of a file."""
    days = run_days(scenario)
    for name, queue in scenario.queue.items():
        yield from _hours_edges(("queue", name, "open"), queue.open, days)
        if queue.bot is not None:
            yield from _hours_edges(("queue", name, "bot", "hours"), queue.bot.hours, days)
    for place, volume in volumes(scenario):
        yield from _volume_edges(place, volume, days)
    for name, outbound in scenario.outbound.items():
        yield from _hours_edges(("outbound", name, "window"), outbound.window, days)
    for name, team in scenario.team.items():
        yield from _team_edges(name, team, days)
    for i, pattern in enumerate(scenario.staffing.patterns):
        yield from _shift_edges(("staffing", "patterns", i), pattern, days)
    for i, spike in enumerate(scenario.spike):
        yield ("spike", i, "at"), spike.at
    for i, outage in enumerate(scenario.outage):
        yield ("outage", i, "at"), outage.at


def _hours_edges(place: tuple[str, ...], hours: ByDay[tuple[Span, ...]], days: list[date]) -> Iterator[Edge]:
    for day in days:
        for span in hours.on(day):
            yield from _ends(place, day, span)


def _volume_edges(place: tuple[str, ...], volume: Volume, days: list[date]) -> Iterator[Edge]:
    if volume.appointments is not None:
        for day in days:
            yield from _ends((*place, "appointments", "hours"), day, volume.appointments.hours)
    if volume.trace is not None:
        for line, arrival in zip(volume.trace.lines, volume.trace.arrivals, strict=True):
            if isinstance(arrival, datetime) and arrival.tzinfo is None:
                yield f"{volume.trace.log}:{line}", arrival


def _team_edges(name: str, team: Team, days: list[date]) -> Iterator[Edge]:
    for i, shift in enumerate(team.shifts):
        yield from _shift_edges(("team", name, "shifts", i), shift, days)
    if team.roster is not None:
        for row in team.roster.shifts:
            for start, end in ((row.start, row.end), *row.breaks):
                yield f"{team.roster.file}:{row.line}", start
                yield f"{team.roster.file}:{row.line}", end


def _shift_edges(place: tuple[str | int, ...], shift: WorkingHours, days: list[date]) -> Iterator[Edge]:
    for day in days:
        worked = shift.hours_on(day)
        if worked is None:
            continue
        yield from _ends((*place, "hours"), day, worked)
        for activity in shift.activities:
            yield from _ends((*place, "activities"), day, activity)
        for rest in shift.breaks:
            for taken in places_of(shift, worked, rest, shift.clock_change(day)):
                yield from _ends((*place, "breaks"), day, taken)


def _ends(place: tuple[str | int, ...], day: date, span: Span) -> Iterator[Edge]:
    # whole days follow one another, whatever the clock does at midnight
    if span != WHOLE_DAY:
        yield from ((place, end) for end in local(day, span))


def hours(stretch: Local) -> float:
    """Its length."""
    return (stretch[1] - stretch[0]) / timedelta(microseconds=HOUR)
