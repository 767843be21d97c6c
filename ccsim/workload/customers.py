"""Who comes, when, and by which door: the roots of a replication, before anything else is drawn for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ccsim.distributions.arrivals import HOUR, Rate, busyness, by_interval, constant, daily
from ccsim.distributions.durations import Exponential
from ccsim.distributions.streams import Source, stream
from ccsim.lowering import Horizon, spans_of
from ccsim.tables import F64, I64, Bool

if TYPE_CHECKING:
    from ccsim.scenario.model import Scenario
    from ccsim.scenario.queues import Outbound, Queue
    from ccsim.scenario.volumes import Move, Volume


@dataclass(frozen=True)
class Group:
    """Customers who come to one queue by one door, in the order of their draws, which need not be that of time."""

    source: Source
    """of all that is drawn for them"""
    times: I64
    """arrivals : int64[n], microseconds; negative for the backlog"""
    work: I64 | None = None
    """what a log gives for the first turn, -1: to be drawn"""
    deflected: Bool | None = None
    move: Move | None = None
    """they would have come to another queue"""
    campaign: tuple[Outbound, I64] | None = None
    """they are written to, each until the end of a window : int64[n], microseconds"""


def customers(scenario: Scenario, replication: int) -> tuple[list[list[Group]], I64]:
    """The groups that come to each queue, and how many would-be customers of each are never offered : int64[queue].

    In order: those of the queue's own volume, of the demand, those moved to it, of the backlog, and those written to.
    """
    wanted, turned_away = _demand(scenario, replication)
    came: dict[str, list[Group]] = {}
    for name, queue in scenario.queue.items():
        own = Source(scenario.seed, replication, f"queue.{name}")
        came[name] = [] if queue.volume is None else [_came(scenario, own, queue.volume, name)]
        came[name] += [wanted[name]] if name in wanted else []
    came = _moved(scenario, came)
    groups: list[list[Group]] = []
    for name, queue in scenario.queue.items():
        own = Source(scenario.seed, replication, f"queue.{name}")
        here = [_behind_self_service(scenario, name, group) for group in came[name]]
        if queue.initial_backlog.contacts > 0:
            waiting = replace(own, prefix="backlog.")
            ages = waiting.micros("age", queue.initial_backlog.age, queue.initial_backlog.contacts)
            here.append(Group(waiting, np.sort(-ages)))
        for campaign, outbound in scenario.outbound.items():
            if outbound.queue == name and outbound.messages > 0:
                here.append(_written_to(scenario, outbound, Source(scenario.seed, replication, f"outbound.{campaign}")))
        groups.append(here)
    return groups, turned_away


def _moved(scenario: Scenario, came: dict[str, list[Group]]) -> dict[str, list[Group]]:
    """Who comes to each queue, once shares of them have gone to others: they keep their times and their draws."""
    moves = {name: [move for move in scenario.move if move.from_ == name] for name in came}
    found: dict[str, list[Group]] = {
        name: [_picked(group, moves[name], None) for group in here] if moves[name] else here
        for name, here in came.items()
    }
    for name, here in came.items():
        for move in moves[name]:
            found[move.to] += [_picked(group, moves[name], move) for group in here]
    return found


def _picked(group: Group, moves: list[Move], move: Move | None) -> Group:
    """Those of a group who go by one of its moves, or (None) by none of them."""
    edges = np.cumsum([0.0, *(each.share for each in moves)])
    u = group.source.uniforms("move", len(group.times))
    number = len(moves) if move is None else moves.index(move)
    which = np.flatnonzero((u >= edges[number]) & ((u < edges[number + 1]) if move is not None else True))
    work = None if group.work is None or move is not None else group.work[which]
    return replace(group, source=group.source.some(which, len(u)), times=group.times[which], work=work, move=move)


# ------------------------------------------------------------------------------------------------------------- volume


def _came(scenario: Scenario, source: Source, volume: Volume, name: str | None) -> Group:
    """The customers of a volume, of a queue or (without a name) of the demand."""
    horizon = Horizon.of(scenario)
    busy = np.ones(scenario.days)
    if volume.busyness_cv > 0:
        own, shared = source.stream("busyness"), stream(scenario.seed, source.replication, "scenario", "busyness")
        busy = busyness(own, shared, scenario.days, volume.busyness_cv, scenario.busyness.correlation)
    if volume.trace is not None:
        group = _logged(scenario, source, volume)
    elif volume.appointments is not None and name is not None:
        group = _booked(scenario, source, volume, scenario.queue[name])
    else:
        rate = _rate(scenario, volume, name)
        if volume.busyness_cv > 0:
            rate = rate.by_day(horizon.midnights, busy)
        return Group(source, rate.times(source.stream("arrivals")))
    days = np.searchsorted(horizon.midnights, group.times, side="right") - 1
    factors: F64 = np.asarray(volume.scale * busy[np.clip(days, 0, scenario.days - 1)])
    for start, end, factor in _spikes(scenario, name):
        factors[(group.times >= start) & (group.times < end)] *= factor
    return _repeated(group, factors)


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
    starts = np.array([scenario.moment(interval.start) for interval in volume.intervals], dtype=np.int64)
    expected = np.array([interval.contacts for interval in volume.intervals], dtype=np.float64)
    run = np.array([[0, horizon.end]], dtype=np.int64)
    return by_interval(starts, starts + volume.length, expected).within(run)


def _logged(scenario: Scenario, source: Source, volume: Volume) -> Group:
    """The contacts of a log in order of arrival, and their work if it tells."""
    assert volume.trace is not None
    times = np.array([scenario.moment(time) for time in volume.trace.arrivals], dtype=np.int64)
    order = np.argsort(times, kind="stable")
    work = None if volume.trace.work is None else np.array(volume.trace.work, dtype=np.int64)[order]
    return Group(source, times[order], work)


def _booked(scenario: Scenario, source: Source, volume: Volume, queue: Queue) -> Group:
    """Customers with an appointment, in the order of the booked times: early, but not before the queue opens."""
    assert volume.appointments is not None
    horizon = Horizon.of(scenario)
    slots = range(volume.appointments.hours.start, volume.appointments.hours.end, volume.appointments.every)
    days = range(-1, scenario.days)
    booked = np.unique(np.array([horizon.calendar.at(day, wall) for day in days for wall in slots], dtype=np.int64))
    opening = spans_of(queue.open, horizon)
    span = np.searchsorted(opening[:, 0], booked, side="right") - 1
    possible = (span >= 0) & (booked < opening[span, 1]) & (booked >= 0) & (booked < horizon.end)
    booked, opened = (np.repeat(x[possible], volume.appointments.each) for x in (booked, opening[span, 0]))
    early = booked - source.micros("earliness", volume.earliness, len(booked))
    comes = ~source.switch("no_show", volume.no_show, len(booked))
    return Group(source, np.maximum(early, np.maximum(opened, 0))[comes])


def _repeated(group: Group, factor: F64) -> Group:
    """A factor f repeats a contact at its time: the whole part of f times, and once more with the chance left."""
    copies = factor.astype(np.int64)
    copies += group.source.uniforms("copies", len(copies)) < factor - copies
    work = None if group.work is None else np.repeat(group.work, copies)
    return replace(group, times=np.repeat(group.times, copies), work=work)


def _behind_self_service(scenario: Scenario, name: str, group: Group) -> Group:
    """Those whom self-service deflects, and those of them who come after all (6.1)."""
    if all(service.deflects.get(name, 0.0) == 0 for service in scenario.self_service.values()):
        return group
    end, source, n = Horizon.of(scenario).end, group.source, len(group.times)
    times, sought, deflected = group.times.copy(), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for page, service in scenario.self_service.items():
        purpose = f"self_service.{page}"
        found = ~sought & source.switch(purpose, service.deflects.get(name, 0.0), n)
        later = group.times + source.micros(f"{purpose}.returns_after", service.returns_after, n)
        fails = found & source.switch(f"{purpose}.fails", service.fails, n) & (later < end)
        times[fails] = later[fails]
        deflected |= found & ~fails
        sought |= found
    return replace(group, times=times, deflected=deflected)


# ------------------------------------------------------------------------------------------------------------- demand


def _demand(scenario: Scenario, replication: int) -> tuple[dict[str, Group], I64]:
    """Whom the demand brings to each queue, and who is turned away, by the queue wanted first.

    Queues race for a customer: each draws an exponential time with its number in the mix as rate, and the first one is
    wanted. So a number that changes moves only customers to or from its queue.
    """
    demand, names = scenario.demand, list(scenario.queue)
    turned_away = np.zeros(len(names), dtype=np.int64)
    if demand is None:
        return {}, turned_away
    source = Source(scenario.seed, replication, "demand")
    times = _came(scenario, source, demand, None).times
    n, nobody = len(times), len(names)
    wanted, best = np.full(n, nobody), np.full(n, np.inf)
    for name, weight in demand.mix.items():
        if weight > 0:
            race = Exponential(1 / weight).value(source.uniforms(f"mix.{name}", n))
            wanted[race < best] = names.index(name)
            np.minimum(best, race, out=best)
    refuses = np.zeros((len(names) + 1, n), dtype=np.bool_)
    for name, share in demand.barrier.items():
        refuses[names.index(name)] = source.switch(f"barrier.{name}", share, n)
    next_door = [names.index(to) if (to := demand.fallback.get(name)) is not None else nobody for name in names]
    going, everyone = wanted, np.arange(n)
    for _ in names:  # who still refuses then goes in circles
        going = np.where(refuses[going, everyone], np.array([*next_door, nobody])[going], going)
    going = np.where(refuses[going, everyone], nobody, going)
    counted = (going == nobody) & (times >= scenario.warm_up)
    turned_away += np.bincount(wanted[counted], minlength=nobody + 1)[:nobody]
    groups: dict[str, Group] = {}
    for queue in np.unique(going[going < nobody]).tolist():
        which = np.flatnonzero(going == queue)
        groups[names[queue]] = Group(replace(source, numbers=which), times[which])
    return groups, turned_away


# ----------------------------------------------------------------------------------------------------------- outbound


def _written_to(scenario: Scenario, outbound: Outbound, source: Source) -> Group:
    """The recipients of a campaign: when their messages fall due, and until when each may be sent."""
    due = np.array(list(_due(scenario, outbound)), dtype=np.int64).reshape(-1, 2)
    return Group(source, np.ascontiguousarray(due[:, 0]), campaign=(outbound, np.ascontiguousarray(due[:, 1])))


def _due(scenario: Scenario, outbound: Outbound) -> Iterator[tuple[int, int]]:
    horizon = Horizon.of(scenario)
    apart = 0 if outbound.pace is None else round(HOUR / outbound.pace)
    for day in range(scenario.days):
        for span in outbound.window.on(horizon.calendar.date(day)):
            start, end = horizon.stretch(day, span)
            for time in (start + number * apart for number in range(outbound.messages)):
                if time < min(end, horizon.end):
                    yield time, end
