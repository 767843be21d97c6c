"""Who comes, when, and to which queue: the roots of a replication, before anything else is drawn for them.

What does not change from replication to replication (rates, appointments, the times of logs and messages) is worked out
once; a replication draws from that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.distributions.arrivals import HOUR, STEPS, Process, Rate, busyness, by_interval, constant, daily, steps
from ccsim.distributions.durations import Distribution, Exponential, micros
from ccsim.distributions.streams import Draw, People, Streams, key_of, owner_of
from ccsim.lowering import Horizon, spans_of
from ccsim.tables import F64, I64, NEVER, Bool

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario
    from ccsim.scenario.queues import Outbound, Queue
    from ccsim.scenario.volumes import Move, Volume


@dataclass(frozen=True)
class Group:
    """Customers who come to one queue in one way, in the order of their numbers, which need not be that of time."""

    people: People
    """whose draws are theirs"""
    times: I64
    """arrivals : int64[n], microseconds; negative for the backlog"""
    by_rate: bool = False
    """they come at random, as their volume's rate makes expect"""
    work: I64 | None = None
    """what a log gives for the first turn, -1: to be drawn"""
    deflected: Bool | None = None
    campaign: int = -1
    """they are written to: number of the campaign"""
    until: I64 | None = None
    """the end of the window in which each is written to : int64[n], microseconds"""
    move: int = -1
    """they would have come to another queue: number of the move"""


BUSYNESS: Final = ("day_cv", "day_memory", "within_cv", "within_memory", "correlation")
"""What a scenario says of it."""


@dataclass(frozen=True)
class Busy:
    """Days that are busier than others, and half hours within them."""

    own: tuple[int, int]
    shared: tuple[int, int]
    """owners of the draws, of days and of steps within them: of this volume alone, and of all volumes"""
    day_cv: float
    day_memory: float
    within_cv: float
    within_memory: float
    correlation: float
    """as `busyness` in a scenario"""

    def factors(self, streams: Streams, midnights: I64) -> tuple[I64, F64]:
        """Edges of stretches : int64[n + 1], and how busy each is : float64[n]."""
        days = len(midnights) - 1
        by_day = busyness(
            streams.sequence(self.own[0], days), streams.sequence(self.shared[0], days),
            self.day_cv, self.correlation, self.day_memory,
        )  # fmt: skip
        if self.within_cv == 0:
            return midnights, by_day
        own, shared = (
            streams.sequence(owner, days * STEPS).reshape(days, STEPS) for owner in (self.own[1], self.shared[1])
        )
        within = busyness(own, shared, self.within_cv, self.correlation, self.within_memory)
        edges, numbers = steps(midnights)
        return edges, by_day[numbers // STEPS] * within.ravel()[numbers]

    def edges(self, midnights: I64) -> I64:
        """Of the stretches, the same in all replications."""
        return midnights if self.within_cv == 0 else steps(midnights)[0]


@dataclass(frozen=True)
class Arrivals:
    """The customers of a volume, of a queue or of the demand: either at a rate, or at the times of a log or a book."""

    owner: int
    gaps: int
    copies: int
    shows: int
    """owners: of the customers' own draws, of the times between them, and of who comes again or not at all"""
    midnights: I64
    busy: Busy | None
    rate: Rate | None
    """cut where the busyness changes"""
    process: Process | None
    """how they come at that rate; None: as a Poisson process"""
    times: I64
    """of a log, or booked : int64[n], sorted"""
    work: I64 | None
    opened: I64 | None
    """of appointments: when the queue opens before each"""
    earliness: Distribution
    no_show: float
    scale: float
    spikes: tuple[tuple[int, int, float], ...]

    def came(self, streams: Streams) -> Group:
        """Those of one replication."""
        busy = None if self.busy is None else self.busy.factors(streams, self.midnights)
        if self.rate is not None:
            rate = self.rate if busy is None else self.rate.by_day(*busy)
            by = self.process
            times = rate.times(streams, self.gaps) if by is None else by.times(rate, streams, self.gaps)
            return Group(People.of(self.owner, len(times)), times, by_rate=True)
        times, work = self.times, self.work
        if self.opened is not None:  # early, but not before the queue opens
            early, shows = streams.of(People.of(self.shows, len(times)), Draw.SEQUENCE, 2)
            times = np.maximum(times - micros(self.earliness, early), np.maximum(self.opened, 0))[shows >= self.no_show]
        factor = np.full(len(times), self.scale)
        if busy is not None:
            edges, factors = busy
            factor *= factors[np.clip(np.searchsorted(edges, times, side="right") - 1, 0, len(factors) - 1)]
        for start, end, more in self.spikes:
            factor[(times >= start) & (times < end)] *= more
        # a factor f repeats a contact at its time: the whole part of f times, and once more with the chance left
        copies = factor.astype(np.int64)
        copies += streams.sequence(self.copies, len(copies)) < factor - copies
        times = np.repeat(times, copies)
        return Group(People.of(self.owner, len(times)), times, work=None if work is None else np.repeat(work, copies))


@dataclass(frozen=True)
class Page:
    """Self-service as one queue's would-be contacts meet it (6.1)."""

    number: int
    """of 32 bits, from its name"""
    deflects: float
    fails: float
    returns_after: Distribution


@dataclass(frozen=True)
class Inflow:
    """Who comes to one queue: of its own volume, of the demand, of the backlog, and those written to."""

    own: Arrivals | None
    pages: tuple[Page, ...]
    backlog: tuple[int, Distribution, int]
    """contacts, their age, owner of their draws"""
    written: tuple[Group, ...]
    down: tuple[tuple[int, int], ...]
    """when it does not work: who would come then comes when it does again"""


@dataclass(frozen=True)
class Moved:
    """Whom one queue has of another's would-be customers: those whose uniform is from `low` on and below `high`."""

    source: int
    to: int
    low: float
    high: float


@dataclass(frozen=True)
class Choices:
    """How the demand chooses among the queues, by number."""

    mix: tuple[tuple[int, Exponential, int], ...]
    """queue, its time in the race, owner of the draws"""
    barriers: tuple[tuple[int, float, int], ...]
    """queue, share, owner of the draws"""
    fallback: I64
    """by queue, and at the end for nobody, the queue tried next"""


@dataclass(frozen=True)
class Customers:
    """All that is needed to draw the roots of a replication."""

    end: int
    warm_up: int
    inflows: tuple[Inflow, ...]
    demand: Arrivals | None
    choices: Choices | None
    moves: tuple[Moved, ...]


def lowered(scenario: Scenario) -> Customers:
    """What the roots of every replication are drawn from."""
    demand = scenario.demand
    return Customers(
        end=Horizon.of(scenario).end,
        warm_up=scenario.warm_up,
        inflows=tuple(_inflow(scenario, name, queue) for name, queue in scenario.queue.items()),
        demand=None if demand is None else _arrivals(scenario, demand, None),
        choices=None if demand is None else _choices(scenario),
        moves=tuple(_moves(scenario)),
    )


def _inflow(scenario: Scenario, name: str, queue: Queue) -> Inflow:
    backlog = queue.initial_backlog
    return Inflow(
        own=None if queue.volume is None else _arrivals(scenario, queue.volume, name),
        pages=tuple(
            Page(owner_of("self_service", page) % 2**32, service.deflects[name], service.fails, service.returns_after)
            for page, service in scenario.self_service.items()
            if service.deflects.get(name, 0.0) > 0
        ),
        backlog=(backlog.contacts, backlog.age, owner_of(f"queue.{name}", "backlog")),
        written=tuple(
            _written_to(scenario, number, campaign, outbound)
            for number, (campaign, outbound) in enumerate(scenario.outbound.items())
            if outbound.queue == name and outbound.messages > 0
        ),
        down=tuple(sorted(scenario.outages("queue", name))),
    )


# ------------------------------------------------------------------------------------------------------------- volume


def _arrivals(scenario: Scenario, volume: Volume, name: str | None) -> Arrivals:
    """The customers of a volume, of a queue or (without a name) of the demand."""
    owner, horizon = "demand" if name is None else f"queue.{name}", Horizon.of(scenario)
    busy = None
    kind = scenario.busyness.of(volume)
    if kind.day_cv > 0 or kind.within_cv > 0:
        own, shared = (
            (owner_of(whose, "busyness"), owner_of(whose, "busyness", "within")) for whose in (owner, "scenario")
        )
        busy = Busy(own, shared, **{each: getattr(kind, each) for each in BUSYNESS})
    times, work, opened, rate = np.empty(0, dtype=np.int64), None, None, None
    if volume.trace is not None:
        times, work = _logged(scenario, volume)
    elif volume.appointments is not None and name is not None:
        times, opened = _booked(scenario, volume, scenario.queue[name])
    else:
        rate = _rate(scenario, volume, name)
        if busy is not None:
            rate = rate.cut(busy.edges(horizon.midnights))
        if volume.arrivals is not None:
            volume.arrivals.demand_number(rate, key_of(scenario.seed), owner_of(owner, "arrivals"))
    return Arrivals(
        owner=owner_of(owner), gaps=owner_of(owner, "arrivals"), copies=owner_of(owner, "copies"),
        shows=owner_of(owner, "shows"), midnights=horizon.midnights, busy=busy, rate=rate, process=volume.arrivals,
        times=times, work=work, opened=opened, earliness=volume.earliness, no_show=volume.no_show, scale=volume.scale,
        spikes=tuple(_spikes(scenario, name)),
    )  # fmt: skip


def poisson_rate(scenario: Scenario, name: str) -> Rate:
    """Contacts to be expected of a queue, but for the busyness of its days; none where they are logged or booked."""
    from ccsim.scenario.spans import arrives, sources

    total = constant(0.0, Horizon.of(scenario).end)
    for source, share in sources(scenario, name).items():
        total = total.plus(_would_come(scenario, source).scaled(share * arrives(scenario, name)))
    return total


def moved_rate(scenario: Scenario, move: Move) -> Rate:
    """Contacts to be expected of those who are moved."""
    from ccsim.scenario.spans import arrives

    return _would_come(scenario, move.from_).scaled(move.share * arrives(scenario, move.to))


def _would_come(scenario: Scenario, name: str) -> Rate:
    """Would-be customers of a queue, before moves and self-service."""
    from ccsim.scenario.spans import reach

    demand, total = scenario.demand, constant(0.0, Horizon.of(scenario).end)
    wanted = reach(demand).get(name, 0.0) if demand is not None else 0.0
    for volume, owner, share in ((scenario.queue[name].volume, name, 1.0), (demand, None, wanted)):
        if volume is not None and volume.trace is None and volume.appointments is None:
            total = total.plus(_rate(scenario, volume, owner).scaled(share))
    return total


def _rate(scenario: Scenario, volume: Volume, name: str | None) -> Rate:
    """What the volume of a queue, or (without a name) of the demand, makes expect, if it is given as a rate."""
    rate = _rate_as_given(scenario, volume, None if name is None else scenario.queue[name])
    for start, end, factor in _spikes(scenario, name):
        rate = rate.spiked(start, end, factor)
    return rate.scaled(volume.scale)


def _spikes(scenario: Scenario, name: str | None) -> list[tuple[int, int, float]]:
    starts = [(scenario.moment(spike.at), spike) for spike in scenario.spike if spike.queue == name]
    return [(start, start + spike.duration, spike.scale) for start, spike in starts]


def _rate_as_given(scenario: Scenario, volume: Volume, queue: Queue | None) -> Rate:
    horizon = Horizon.of(scenario)
    if volume.per_hour is not None:
        return constant(volume.per_hour, horizon.end)
    if volume.per_day is not None:
        dates = [horizon.calendar.date(day) for day in range(scenario.days)]
        volumes = volume.per_day * np.array([volume.weekday.on(date) for date in dates])
        only_open = spans_of(queue.open, horizon) if queue is not None and queue.outside_hours == "reject" else None
        return daily(volumes, volume.shape, horizon.calendar, only_open)
    parts = [
        (start, end, row.contacts * ((end - start) / sum(other - one for one, other in shown)))
        for row, shown in scenario.by_the_clock(volume)
        for start, end in shown
    ]
    starts, ends, expected = zip(*sorted(parts), strict=True)  # an hour that comes twice is in other rows, too
    run = np.array([[0, horizon.end]], dtype=np.int64)
    rate = by_interval(np.array(starts, np.int64), np.array(ends, np.int64), np.array(expected, np.float64))
    return rate.within(run)


def _logged(scenario: Scenario, volume: Volume) -> tuple[I64, I64 | None]:
    """The contacts of a log in order of arrival, and their work if it tells."""
    assert volume.trace is not None
    times = np.array([scenario.moment(time) for time in volume.trace.arrivals], dtype=np.int64)
    order = np.argsort(times, kind="stable")
    return times[order], None if volume.trace.work is None else np.array(volume.trace.work, dtype=np.int64)[order]


def _booked(scenario: Scenario, volume: Volume, queue: Queue) -> tuple[I64, I64]:
    """Booked times in order, and when the queue opens before each."""
    assert volume.appointments is not None
    horizon = Horizon.of(scenario)
    slots = range(volume.appointments.hours.start, volume.appointments.hours.end, volume.appointments.every)
    days = range(-1, scenario.days)
    booked = np.unique(np.array([horizon.calendar.at(day, wall) for day in days for wall in slots], dtype=np.int64))
    opening = spans_of(queue.open, horizon)
    span = np.searchsorted(opening[:, 0], booked, side="right") - 1
    possible = (span >= 0) & (booked < opening[span, 1]) & (booked >= 0) & (booked < horizon.end)
    booked, opened = (np.repeat(x[possible], volume.appointments.each) for x in (booked, opening[span, 0]))
    return booked, opened


# ------------------------------------------------------------------------------------------------------------- demand


def _choices(scenario: Scenario) -> Choices:
    demand, names = scenario.demand, list(scenario.queue)
    assert demand is not None
    mix = [(names.index(name), Exponential(1 / weight), owner_of("demand", "mix", name))
           for name, weight in demand.mix.items() if weight > 0]  # fmt: skip
    barriers = [(names.index(name), share, owner_of("demand", "barrier", name))
                for name, share in demand.barrier.items()]  # fmt: skip
    to = [demand.fallback.get(name) for name in names]
    fallback = [len(names) if name is None else names.index(name) for name in to]
    return Choices(tuple(mix), tuple(barriers), np.array([*fallback, len(names)]))


def _moves(scenario: Scenario) -> Iterator[Moved]:
    """Moves from one queue divide its customers between them."""
    names, taken = list(scenario.queue), dict.fromkeys(scenario.queue, 0.0)
    for move in scenario.move:
        low = taken[move.from_]
        taken[move.from_] = low + move.share
        yield Moved(names.index(move.from_), names.index(move.to), low, taken[move.from_])


# ----------------------------------------------------------------------------------------------------------- outbound


def _written_to(scenario: Scenario, number: int, campaign: str, outbound: Outbound) -> Group:
    """The recipients of a campaign: when their messages fall due, and until when each may be sent."""
    times, until = _due(scenario, outbound)
    return Group(People.of(owner_of(f"outbound.{campaign}"), len(times)), times, campaign=number, until=until)


def _due(scenario: Scenario, outbound: Outbound) -> tuple[I64, I64]:
    """When the messages fall due, and when the window of each ends, both : int64[n]."""
    horizon = Horizon.of(scenario)
    apart = 0 if outbound.pace is None else round(min(HOUR / outbound.pace, NEVER))
    times, until = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for day in range(scenario.days):
        for span in outbound.window.on(horizon.calendar.date(day)):
            start, end = horizon.stretch(day, span)
            last = min(end, horizon.end)
            number = outbound.messages if apart == 0 else min(outbound.messages, -((start - last) // apart))
            times.append(start + apart * np.arange(number if start < last else 0))
            until.append(np.full(len(times[-1]), end))
    return np.concatenate(times), np.concatenate(until)


# ---------------------------------------------------------------------------------------------------- a replication


def groups_of(customers: Customers, streams: Streams) -> tuple[list[list[Group]], I64]:
    """The groups that come to each queue, and how many would-be customers of each are never offered : int64[queue]."""
    wanted, turned_away = _demand(customers, streams)
    came: list[list[Group]] = []
    for inflow, by_demand in zip(customers.inflows, wanted, strict=True):
        came.append([] if inflow.own is None else [inflow.own.came(streams)])
        if by_demand is not None:
            came[-1].append(by_demand)
    groups: list[list[Group]] = []
    for inflow, would_come in zip(customers.inflows, _moved(customers, came, streams), strict=True):
        here = [
            _after_outages(inflow, _behind_self_service(inflow, group, streams, customers.end)) for group in would_come
        ]
        contacts, age, owner = inflow.backlog
        if contacts > 0:
            people = People.of(owner, contacts)
            ages = micros(age, streams.sequence(owner, contacts))
            here.append(Group(people, np.sort(-ages)))
        groups.append([*here, *inflow.written])
    return groups, turned_away


def _moved(customers: Customers, came: list[list[Group]], streams: Streams) -> list[list[Group]]:
    """Who comes to each queue once shares have gone to others: they keep their times and whose their draws are."""
    groups = [list(here) for here in came]
    chosen = {
        source: [streams.of(group.people, Draw.MOVE, 1)[0] for group in came[source]]
        for source in {move.source for move in customers.moves}
    }
    for source, drawn in chosen.items():
        taken = max(move.high for move in customers.moves if move.source == source)
        groups[source] = [_some(group, u >= taken) for group, u in zip(came[source], drawn, strict=True)]
    for number, move in enumerate(customers.moves):
        for group, u in zip(came[move.source], chosen[move.source], strict=True):
            goes = _some(group, (u >= move.low) & (u < move.high))
            groups[move.to].append(replace(goes, work=None, move=number))
    return groups


def _some(group: Group, which: Bool) -> Group:
    work = None if group.work is None else group.work[which]
    return replace(group, people=group.people.some(which), times=group.times[which], work=work)


def _after_outages(inflow: Inflow, group: Group) -> Group:
    """Who would come while nobody can reach the queue comes when it is over (6.18)."""
    if not inflow.down:
        return group
    times = group.times.copy()
    for start, end in inflow.down:
        times[(times >= start) & (times < end)] = end
    return replace(group, times=times)


def _behind_self_service(inflow: Inflow, group: Group, streams: Streams, end: int) -> Group:
    """Those whom self-service deflects, and those of them who come after all (6.1)."""
    if not inflow.pages:
        return group
    times, n = group.times.copy(), len(group.times)
    sought, deflected = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for page in inflow.pages:
        finds, comes, when = streams.of(group.people, Draw.SELF_SERVICE, 3, page.number)
        helped = ~sought & (finds < page.deflects)
        later = group.times + micros(page.returns_after, when)
        fails = helped & (comes < page.fails) & (later < end)
        times[fails] = later[fails]
        deflected |= helped & ~fails
        sought |= helped
    return replace(group, times=times, deflected=deflected)


def _demand(customers: Customers, streams: Streams) -> tuple[list[Group | None], I64]:
    """Whom the demand brings to each queue, and who is turned away, by the queue wanted first.

    Queues race for a customer: each draws an exponential time with its number in the mix as rate, and the first one is
    wanted. So a number that changes moves only customers to or from its queue.
    """
    nobody = len(customers.inflows)
    turned_away = np.zeros(nobody, dtype=np.int64)
    groups: list[Group | None] = [None] * nobody
    if customers.demand is None or customers.choices is None:
        return groups, turned_away
    came, choices = customers.demand.came(streams), customers.choices
    times, n = came.times, len(came.times)
    wanted, best = np.full(n, nobody), np.full(n, np.inf)
    for queue, distribution, owner in choices.mix:
        race = distribution.value(streams.sequence(owner, n))
        wanted[race < best] = queue
        np.minimum(best, race, out=best)
    refuses = np.zeros((nobody + 1, n), dtype=np.bool_)
    for queue, share, owner in choices.barriers:
        refuses[queue] = streams.sequence(owner, n) < share
    going, everyone = wanted, np.arange(n)
    for _ in range(nobody):  # who still refuses then goes in circles
        going = np.where(refuses[going, everyone], choices.fallback[going], going)
    going = np.where(refuses[going, everyone], nobody, going)
    counted = (going == nobody) & (times >= customers.warm_up)
    turned_away += np.bincount(wanted[counted], minlength=nobody + 1)[:nobody]
    for queue in np.unique(going[going < nobody]).tolist():
        which = np.flatnonzero(going == queue)
        groups[queue] = Group(came.people.some(which), times[which], by_rate=came.by_rate)
    return groups, turned_away
