"""One simulated day as a moving picture: who waits, who is with which agent, what is parked, from second to second.

Made from the logs of replication 1, which `ccsim run` writes too. Times are seconds after the day's midnight.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.results import format
from ccsim.results.model import Results
from ccsim.runs.run import first_logs
from ccsim.scenario.values import DAY
from ccsim.tables import SECOND

if TYPE_CHECKING:
    import pyarrow as pa

WAITING, SESSION, PARKED = range(3)
WORK: Final = ("ring", "reread", "work", "wrap_up")
MOST: Final = 60_000
"""Stays and pieces of work of a day at most: more are no picture."""

Stay = tuple[int, int, int, int, int, int]
"""From, until, WAITING or SESSION or PARKED, number of the queue, agent or -1, contact."""


@dataclass(frozen=True)
class Scene:
    """A day; `worst` is when the interval begins in which most contacts miss their target."""

    day: str
    first: int
    last: int
    worst: int
    queues: tuple[str, ...]
    teams: tuple[str, ...]
    agents: tuple[tuple[int, int, tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]], ...]
    """id, number of the team, when present, when on a pause"""
    stays: tuple[Stay, ...]
    work: tuple[tuple[int, int, int, int], ...]
    """from, until, agent, contact"""
    done: tuple[tuple[int, int, bool], ...]
    """when a contact was closed, its queue, whether the customer had gone unserved"""

    def props(self) -> dict[str, Any]:
        """For the page's script."""
        return dict(vars(self))


def scene(results: Results, day: date | None) -> Scene:
    """A day of replication 1, by default that of the worst interval.

    Raises ScenarioError for a day too full to draw.
    """
    scenario, plan, spec = results.scenario, results.plan, results.spec
    logs = first_logs(scenario, plan, spec, results.engine)
    stays = _stays(logs, {name: q for q, name in enumerate(spec.queues)})
    worst = worst_interval(results, day)
    number = scenario.calendar.day(scenario.calendar.local(worst).date())
    start, end = scenario.calendar.at(number), scenario.calendar.at(number + 1)

    def cut(a: int, b: int) -> tuple[int, int] | None:
        """A stretch within the day in seconds; None if it lies outside."""
        low, high = max(a, start), min(b, end)
        return ((low - start) // SECOND, -((start - high) // SECOND)) if low < high else None

    here = tuple((*part, *stay[2:]) for stay in stays if (part := cut(*stay[:2])) is not None)
    activities: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    teams: dict[int, int] = {}
    for agent, team, a, b, activity, contact in _rows(logs["agents"], "agent", "team", "start_us", "end_us", "activity",
                                                      "contact"):  # fmt: skip
        teams[agent] = spec.teams.index(team)
        part = cut(a, b)
        if part is not None:
            kind = "work" if activity in WORK else "present" if activity == "overtime" else activity
            activities[kind].append((*part, agent, -1 if contact is None else contact))
    if len(here) + len(activities["work"]) > MOST:
        raise ScenarioError([Problem("play", f"{len(here):,} stays in a day", f"at most {MOST:,}: a smaller centre")])
    when: dict[str, dict[int, list[tuple[int, int]]]] = {"present": defaultdict(list), "pause": defaultdict(list)}
    for kind, by_agent in when.items():
        for a, b, agent, _ in activities[kind]:
            by_agent[agent].append((a, b))
    ends = _rows(logs["contacts"], "closed_us", "queue", "outcome")
    done = tuple(
        sorted(
            ((at - start) // SECOND, spec.queues.index(queue), outcome in _UNSERVED)
            for at, queue, outcome in ends
            if at is not None and start <= at < end
        )
    )
    drawn = [stay[:2] for stay in here if stay[2] != PARKED] or [(0, DAY // SECOND)]
    return Scene(
        format.day(scenario.calendar.date(number)),
        min(a for a, _ in drawn),
        max(b for _, b in drawn),
        (worst - start) // SECOND,
        tuple(map(scenario.title, spec.queues)),
        spec.teams,
        tuple(
            (agent, teams[agent], tuple(when["present"][agent]), tuple(when["pause"][agent]))
            for agent in sorted(when["present"])
        ),
        here,
        tuple(activities["work"]),
        done,
    )


_UNSERVED: Final = frozenset({"abandoned", "silently_abandoned", "blocked", "rejected", "lost"})


def _rows(table: pa.Table, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))


def _stays(logs: dict[str, pa.Table], queues: dict[str, int]) -> list[Stay]:
    """Where each contact is from its arrival until it is closed, in microseconds."""
    sessions: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for agent, a, b, activity, contact in _rows(logs["agents"], "agent", "start_us", "end_us", "activity", "contact"):
        if activity == "session":
            sessions[contact].append((a, b, agent))
    messages: dict[int, list[int]] = defaultdict(list)
    for contact, at in _rows(logs["turns"], "contact", "message_us"):
        messages[contact].append(at)
    stays: list[Stay] = []
    for contact, queue, entered, left, closed in _rows(
        logs["contacts"], "contact", "queue", "entered_us", "left_us", "closed_us"
    ):
        if entered is None:
            continue
        q, last = queues[queue], None
        for a, b, agent in sorted(sessions[contact]):
            if last is None:
                stays.append((entered, a, WAITING, q, -1, contact))
            else:  # parked until the message that brings it back
                back = min((at for at in messages[contact] if last <= at <= a), default=a)
                stays += [(last, back, PARKED, q, -1, contact), (back, a, WAITING, q, -1, contact)]
            stays.append((a, b, SESSION, q, agent, contact))
            last = b
        end = closed if closed is not None else left
        if last is None and left is not None:
            stays.append((entered, left, WAITING, q, -1, contact))
        elif last is not None and end is not None:
            stays.append((last, end, PARKED, q, -1, contact))
    return [stay for stay in stays if stay[0] < stay[1]]


def worst_interval(results: Results, day: date | None) -> int:
    """Start (µs) of the reporting interval, of one day or of all, in which most contacts miss their service level.

    On the mean of the replications; only when somebody is on duty, if anybody ever is.
    """
    starts = results.summary.starts
    missed, staffed = np.zeros(len(starts)), np.zeros(len(starts))
    for name in results.spec.queues:
        level = results.series("queue", name, "service_level").mean
        missed += np.nan_to_num(results.series("queue", name, "offered").mean) * np.nan_to_num(1 - level)
    for name in results.spec.teams:
        staffed += np.nan_to_num(results.series("team", name, "staffed_hours").mean)
    looked_at = np.ones(len(starts), dtype=np.bool_)
    if day is not None:
        looked_at &= np.array([at.date() == day for at in format.local_times(results.scenario, starts)])
    if (staffed[looked_at] > 0).any():
        looked_at &= staffed > 0
    return int(starts[looked_at][np.argmax(missed[looked_at])])
