"""How large a replication becomes: its contacts, what spikes add to them, and what follow-ups add to each of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from ccsim.distributions.arrivals import STEPS
from ccsim.scenario.bots import kinds
from ccsim.scenario.faults import dotted
from ccsim.scenario.model import Scenario
from ccsim.scenario.parts import MICROSECOND
from ccsim.scenario.queues import Queue
from ccsim.scenario.spans import (
    Local,
    area,
    drawn,
    duties,
    given,
    hours,
    local,
    run_days,
    seeking,
    sources,
    volumes,
)  # fmt: skip
from ccsim.scenario.teams import Team
from ccsim.scenario.values import DAY
from ccsim.scenario.volumes import Volume
from ccsim.tables import MAX_TRANSFERS, SECOND, Log, Workload, columns


def _row_sizes() -> dict[str, float]:
    """Bytes that a contact and a turn take in workload and log, twice for what is at work beside them."""
    sizes = {"contact": 0.0, "turn": 0.0}
    for table in (Workload, Log):
        for column in columns(table).values():
            if column.by in sizes:
                sizes[column.by] += 2 * 8
    return sizes


_ROW: Final = _row_sizes()
_SHIFT: Final = 1500.0
"""Bytes of a shift of an agent."""
_ABSENCE: Final = 500.0
"""Bytes of a time that an agent steps out."""
_SEEKING: Final = 100.0
"""Bytes of a customer of the demand, besides one for each queue that may refuse them."""
_CELL: Final = 2000.0
"""Bytes of an interval of a queue or team: numerators and denominators of some sixty metrics, of one replication and of
all together."""


@dataclass(frozen=True)
class Size:
    """What is to be expected of one replication."""

    contacts: float
    """rows, those of follow-ups included"""
    turns: float
    memory: float
    """bytes"""
    most_by: str
    """path of the key that makes most of it"""


def size_of(scenario: Scenario) -> Size:
    """How large one replication's tables become, with all who are drawn, whether they get in touch or not."""
    rows = turns = 0.0
    growth = {"days": 10.0}  # to blame: what makes most of it, if that is this much
    busier = _busier(scenario)
    come = {name: busier * drawn(scenario, name) for name in scenario.queue}
    spikes = {name: busier * spiked(scenario, name) for name in scenario.queue}
    for name, (each_rows, each_turns) in families(scenario).items():
        from_where, written = sources(scenario, name).items(), _written_to(scenario, name)
        usual = scenario.queue[name].initial_backlog.contacts + written
        usual += sum(share * come[source] for source, share in from_where)
        more = sum(share * spikes[source] for source, share in from_where)
        rows += (usual + more) * each_rows
        turns += (usual + more) * each_turns + written
        growth["spike"] = max(growth.get("spike", 0.0), more / max(usual, 1))
        growth[dotted(("queue", name, "limit"))] = each_rows
    for move in scenario.move:
        if move.turns is not None and move.from_ in come:
            turns += move.share * (come[move.from_] + spikes[move.from_]) * move.turns.mean
    staffed = {name: _staffed(team, run_days(scenario)) for name, team in scenario.team.items()}
    cells = scenario.days * DAY / max(scenario.interval, SECOND) * (len(scenario.queue) + len(scenario.team))
    memory = rows * _ROW["contact"] + turns * _ROW["turn"] + sum(staffed.values()) + cells * _CELL
    memory += busier * seeking(scenario) * (_SEEKING + len(scenario.queue))
    most_by = max(growth, key=lambda place: growth[place])
    if staffed and sum(staffed.values()) > memory / 2:
        most_by = dotted(("team", max(staffed, key=lambda name: staffed[name]), "shifts"))
    return Size(rows, turns, memory, most_by)


def _busier(scenario: Scenario) -> float:
    """How much more than expected may come in a busy replication: three standard deviations of the volume of which that
    is most."""
    most = 0.0
    for _, volume in volumes(scenario):
        busyness = scenario.busyness.of(volume)
        of_day, within = busyness.day_cv**2, busyness.within_cv**2
        alike = (1 + busyness.day_memory) / (1 - busyness.day_memory)  # as many days go together
        of_day = of_day * min(1.0, alike / scenario.days)
        most = max(most, of_day + (1 + of_day) * within / STEPS / scenario.days)
    return 1 + 3 * math.sqrt(most)


def _written_to(scenario: Scenario, name: str) -> float:
    """Messages that the company begins through a queue."""
    return sum(
        min(out.messages, math.inf if out.pace is None else math.ceil(out.pace * hours(local(day, window))))
        for out in scenario.outbound.values()
        if out.queue == name
        for day in (scenario.start + timedelta(days=day) for day in range(scenario.days))
        for window in out.window.on(day)
    )


def _staffed(team: Team, days: list[date]) -> float:
    """Bytes of a team's shifts, with the absences in them that are drawn."""
    out = team.steps_out
    every = math.inf if out is None else (out.every.mean + out.lasts.mean) / 3600
    return sum(duty.agents * (_SHIFT + _ABSENCE * hours(duty.hours) / every) for duty in duties(team, days))


def families(scenario: Scenario) -> dict[str, tuple[float, float]]:
    """By queue the rows and turns to be expected of one contact and all that may follow from it.

    A row is allotted to whatever may follow: a contact that would both retry and reopen has two, and so have these, as
    long as there is budget. Returns within a session are taken as if turns were geometric.
    """
    most = max((queue.limit for queue in scenario.queue.values()), default=0)
    nothing = (0.0, 0.0)
    # by budget, from 0: what a contact of a queue that was transferred so often, and is past its bot, comes to
    after: list[dict[tuple[str, int, bool], tuple[float, float]]] = [{}]
    for _ in range(most + 1):
        sizes, less = dict[tuple[str, int, bool], tuple[float, float]](), after[-1]
        for moved in range(MAX_TRANSFERS, -1, -1):
            for name, queue in scenario.queue.items():
                parts = [(1.0, (1.0, _turns(queue)))]
                for to in queue.transfer:
                    parts.append((to.share, sizes.get((to.to, moved + 1, True), nothing)))
                    parts.append((to.share, (0.0, float(to.repeat_turns if to.cold else 0))))
                parts += [
                    (share, less.get((to, moved, False), nothing)) for to, share in _chances(scenario, name, queue)
                ]
                sizes[name, moved, True] = _sum(parts)
                if queue.bot is not None:
                    solved = sum(kind.share * kind.contains for kind in kinds(queue))
                    parts.append((queue.bot.bounces.share * solved, less.get((name, moved, True), nothing)))
                sizes[name, moved, False] = _sum(parts)
        after.append(sizes)
    return {name: after[queue.limit + 1][name, 0, False] for name, queue in scenario.queue.items()}


def _sum(parts: list[tuple[float, tuple[float, float]]]) -> tuple[float, float]:
    """Rows and turns of parts that come with these chances."""
    return sum(share * rows for share, (rows, _) in parts), sum(share * turns for share, (_, turns) in parts)


def _turns(queue: Queue) -> float:
    """Turns to be expected of a contact, with one in which it explains again to a person and one for a closing word."""
    repeats = queue.talk_to_bot if queue.bot is not None and queue.bot.loses_context else 0.0
    return queue.turns.mean + repeats + (0.0 if queue.closing_word is None else queue.closing_word.share)


def _chances(scenario: Scenario, name: str, queue: Queue) -> list[tuple[str, float]]:
    """Follow-ups of a contact that take some of its budget: to which queue, with which chance."""
    moved = [move.turns.mean for move in scenario.move if move.to == name and move.turns is not None]
    turns = max(queue.turns.mean, 1.0, *moved)
    again = 1 - 1 / turns
    lost = min(1.0, queue.drop * queue.reconnects * turns)
    chances = [(to, queue.retry.share * share) for to, share in (queue.retry.to or {name: 1.0}).items()]
    chances += [(name, queue.reopens.share), (name, lost * again)]
    if not queue.kind.persistent:
        chances.append((name, queue.returns * again))
    chances += [
        (out.queue, 1 - queue.retry.share) for out in scenario.outbound.values() for to in out.recontact if to == name
    ]
    return chances


def spiked(scenario: Scenario, name: str) -> float:
    """How many customers more of a queue's own volume are drawn than without spikes."""
    spikes = [
        (spike.at, spike.at + spike.duration * MICROSECOND, spike.scale)
        for spike in scenario.spike
        if spike.queue == name
    ]
    queue = scenario.queue[name]
    more = 0.0
    for start, end in pairwise(sorted({end for spike in spikes for end in spike[:2]})):
        scale = math.prod(scale for first, last, scale in spikes if first <= start and end <= last)
        if scale > 1 and queue.volume is not None:
            more += (scale - 1) * _between(scenario, queue, queue.volume, (start, end)) * queue.volume.scale
    return more


def _between(scenario: Scenario, queue: Queue, volume: Volume, stretch: Local) -> float:
    """Contacts to be expected of a volume in a stretch of local time within the run, before `scale`."""
    zero = datetime.combine(scenario.start, datetime.min.time())
    start, end = max(stretch[0], zero), min(stretch[1], zero + timedelta(days=scenario.days))
    if start >= end:
        return 0.0
    if volume.per_hour is not None:
        return volume.per_hour * hours((start, end))
    if volume.per_day is None:
        length = max(1, volume.length) * MICROSECOND  # of a file's intervals all that overlap
        return sum(number for moment, number in given(volume, scenario) if moment < end and start < moment + length)
    expected, day = 0.0, start.date()
    while datetime.combine(day, datetime.min.time()) < end:
        midnight = datetime.combine(day, datetime.min.time())
        inside = area(volume.shape, (start - midnight) // MICROSECOND, (end - midnight) // MICROSECOND)
        whole = area(volume.shape, 0, DAY)
        if queue.outside_hours == "reject":
            whole = sum(area(volume.shape, span.start, span.end) for span in queue.open.on(day)) or math.inf
        expected += volume.per_day * volume.weekday.on(day) * min(1.0, inside / whole)
        day += timedelta(days=1)
    return expected
