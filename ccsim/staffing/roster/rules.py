"""The rules of a roster as linear inequalities over the duties of each agent, each with the name that people know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from ccsim.results import format
from ccsim.scenario.people import RosterAgent
from ccsim.scenario.roster_rules import teams_of
from ccsim.scenario.spans import Local, local
from ccsim.scenario.values import HOUR, MINUTE, WEEK
from ccsim.staffing.patterns import most_agents
from ccsim.staffing.roster.duties import SATURDAY, Assignment, Task, midnight
from ccsim.tables import I64

PER_AGENT: Final = ("skills", "availability", "leave", "rest", "days_in_a_row", "saturdays", "contract_hours")
"""Rules that planners may change, in the order of reports; besides, an agent has one shift a day."""

ONE_A_DAY: Final = "one_shift_a_day"
SHIFT_LIMITS: Final = "shift_limits"
"""`min` and `max` of a shift pattern, on each day."""

WORKDAYS: Final = 5
"""Days of a week by which leave shortens contract hours."""


class Limit(NamedTuple):
    """low ≤ Σ amount · worked ≤ high over some duties of an agent."""

    rule: str
    about: str
    """which part of the rule, for people: a day, a week, a team"""
    duties: I64
    amounts: I64
    low: int
    high: int

    @property
    def forbids(self) -> bool:
        """None of its duties may be worked."""
        return self.high == 0

    def total(self, worked: Iterable[int]) -> int:
        """What the duties that an agent works come to."""
        amount = dict(zip(self.duties.tolist(), self.amounts.tolist(), strict=True))
        return sum(amount.get(duty, 0) for duty in worked)


class Breach(NamedTuple):
    """A rule that is broken, or cannot be kept, or a wish not fulfilled."""

    rule: str
    agent: str
    """empty: nobody's alone"""
    what: str


def limits(task: Task, agent: RosterAgent) -> list[Limit]:
    """Every rule for one agent."""
    return [*_forbidden(task, agent), *_of_everybody(task), *_contract_hours(task, agent)]


@lru_cache(maxsize=1)
def _of_everybody(task: Task) -> list[Limit]:
    """Rules that are the same for all agents."""
    return [*_one_a_day(task), *_rest(task), *_days_in_a_row(task), *_saturdays(task)]


def allowed(task: Task, agent: RosterAgent) -> list[int]:
    """The duties that skills, availability and leave leave to an agent."""
    forbidden = {int(duty) for limit in _forbidden(task, agent) for duty in limit.duties}
    return [duty for duty in range(len(task.duties)) if duty not in forbidden]


def _sum(rule: str, about: str, duties: Sequence[int], low: int, high: int) -> Limit:
    """A limit on the number of duties."""
    return Limit(rule, about, np.array(duties, dtype=np.int64), np.ones(len(duties), dtype=np.int64), low, high)


def _forbidden(task: Task, agent: RosterAgent) -> Iterator[Limit]:
    """Shifts of other teams, outside the availability, on leave."""
    mine = set(teams_of(task.scenario, agent))
    for team in {duty.team: None for duty in task.duties}:
        if team not in mine:
            yield _sum("skills", team, [i for i, duty in enumerate(task.duties) if duty.team == team], 0, 0)
    outside: dict[int, list[int]] = {}
    away: dict[int, list[int]] = {}
    for i, duty in enumerate(task.duties):
        start, end = task.local(duty)
        days = [start.date() + timedelta(days=n) for n in range((end.date() - start.date()).days + 1)]
        on_leave = [day for day in days if agent.leave is not None and agent.leave.on(day) and midnight(day) < end]
        if not any(since <= start and end <= until for since, until in _available(task, agent, duty.day)):
            outside.setdefault(duty.day, []).append(i)
        if on_leave:
            away.setdefault(duty.day, []).append(i)
    for rule, by_day in (("availability", outside), ("leave", away)):
        for day, duties in by_day.items():
            yield _sum(rule, task.day(day), duties, 0, 0)


def _available(task: Task, agent: RosterAgent, day: int) -> list[Local]:
    """When an agent may work around a day, hours that touch made one."""
    joined: list[Local] = []
    for near in (day - 1, day, day + 1, day + 2):
        date = task.date(near)
        for since, until in sorted(local(date, span) for span in agent.available.on(date)):
            if joined and since <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
            else:
                joined.append((since, until))
    return joined


def _one_a_day(task: Task) -> Iterator[Limit]:
    for day in range(task.scenario.days):
        yield _sum(ONE_A_DAY, task.day(day), np.flatnonzero(task.of_day == day).tolist(), 0, 1)


def _rest(task: Task) -> Iterator[Limit]:
    """After a duty, or one of its day that ends later, none begins before the rest is over."""
    rest = task.scenario.roster.min_rest
    starts = np.array([duty.start for duty in task.duties], dtype=np.int64)
    ends = np.array([duty.end for duty in task.duties], dtype=np.int64)
    for day in range(task.scenario.days):
        today = np.flatnonzero(task.of_day == day)
        for end in sorted(set(ends[today].tolist())):
            before = today[ends[today] >= end]
            soon = np.flatnonzero((task.of_day > day) & (starts < end + rest))
            # one limit a day after: only the duties of one day exclude one another
            for later in sorted(set(task.of_day[soon].tolist())):
                after = soon[task.of_day[soon] == later]
                yield _sum("rest", task.day(later), [*before.tolist(), *after.tolist()], 0, 1)


def _days_in_a_row(task: Task) -> Iterator[Limit]:
    most = task.scenario.roster.max_days_in_a_row
    for first in range(task.scenario.days - most):
        window = (task.of_day >= first) & (task.of_day <= first + most)
        about = f"{task.day(first)} to {task.day(first + most)}"
        yield _sum("days_in_a_row", about, np.flatnonzero(window).tolist(), 0, most)


def _saturdays(task: Task) -> Iterator[Limit]:
    apart = task.scenario.roster.one_saturday_in
    saturdays = [day for day in range(task.scenario.days) if task.date(day).weekday() == SATURDAY]
    for first in range(max(len(saturdays) - apart + 1, min(1, len(saturdays)))):
        window = saturdays[first : first + apart]
        about = " and ".join((task.day(window[0]), task.day(window[-1]))) if len(window) > 1 else task.day(window[0])
        if apart > 1:
            yield _sum("saturdays", about, np.flatnonzero(np.isin(task.of_day, window)).tolist(), 0, 1)


def _contract_hours(task: Task, agent: RosterAgent) -> Iterator[Limit]:
    """Paid minutes of the weeks over which they are balanced."""
    rules = task.scenario.roster
    paid = np.array([duty.paid // MINUTE for duty in task.duties], dtype=np.int64)
    for first in range(0, task.weeks, rules.hours_over):
        weeks = range(first, min(first + rules.hours_over, task.weeks))
        least, most = np.sum([contract_minutes(task, agent, week) for week in weeks], axis=0)
        # who is on leave all the time is not called in for an hour
        spread = rules.hours_tolerance // MINUTE * len(weeks) if most else 0
        about = f"week {weeks[0] + 1}" if len(weeks) == 1 else f"weeks {weeks[0] + 1} to {weeks[-1] + 1}"
        duties = np.flatnonzero((task.of_day // WEEK >= weeks[0]) & (task.of_day // WEEK <= weeks[-1]))
        low, high = max(round(least - spread), 0), round(most + spread)
        yield Limit("contract_hours", about, duties, paid[duties], low, high)


def contract_minutes(task: Task, agent: RosterAgent, week: int) -> tuple[float, float]:
    """Least and most minutes by contract in a week: a fifth less for leave, from Monday to Friday.

    A public holiday takes a fifth off the least alone: it may be worked.
    """
    days = [task.date(WEEK * week + day) for day in range(WEEK)]
    workdays = [day for day in days if day.weekday() < SATURDAY]
    leave = [day for day in workdays if agent.leave is not None and agent.leave.on(day)]
    free = [day for day in workdays if day in task.holidays and day not in leave]
    fifth = agent.hours_per_week * (HOUR // MINUTE) / WORKDAYS
    return fifth * (WORKDAYS - len(leave) - len(free)), fifth * (WORKDAYS - len(leave))


def broken(task: Task, assignment: Assignment) -> list[Breach]:
    """Rules that a roster breaks, looked for again in the finished roster."""
    breaches = []
    for agent in task.agents:
        worked = assignment[agent.name]
        for limit in limits(task, agent):
            total = limit.total(worked)
            if not limit.low <= total <= limit.high:
                breaches.append(Breach(limit.rule, agent.name, described(limit, total)))
    counts = np.bincount([duty for worked in assignment.values() for duty in worked], minlength=len(task.duties))
    for number, (low, high) in enumerate(shift_limits(task)):
        count = int(counts[number])
        if not low <= count <= high:
            what = f"{task.written(task.duties[number])}: {count}; {wanted_agents(count, low, high)} wanted"
            breaches.append(Breach(SHIFT_LIMITS, "", what))
    return breaches


def shift_limits(task: Task) -> list[tuple[int, int]]:
    """By duty, least and most agents, by the pattern's `min`, `max` and the `at_most` of its breaks."""
    given = task.scenario.staffing.patterns
    least = [given[duty.pattern].min if duty.team in task.teams else 0 for duty in task.duties]
    most = [int(min(most_agents(given[duty.pattern]), len(task.agents))) for duty in task.duties]
    return list(zip(least, most, strict=True))


def wanted_agents(count: int, low: int, high: int) -> str:
    """The one of a shift's limits that this many agents break."""
    return f"at least {format.several(low, 'agent')}" if count < low else f"at most {format.several(high, 'agent')}"


def described(limit: Limit, total: int) -> str:
    """What a limit is about, what it asks for and what it has."""
    if limit.rule == "contract_hours":
        return f"{limit.about}: {total / 60:g} h, wanted {limit.low / 60:g} to {limit.high / 60:g} h"
    if limit.forbids:
        return f"{limit.about}: {format.several(total, 'shift')} worked"
    return f"{limit.about}: {format.several(total, 'shift')}, at most {limit.high}"


def starts_by_week(task: Task, worked: Sequence[int]) -> list[set[int]]:
    """By week the start times of an agent's duties, us after midnight."""
    starts: list[set[int]] = [set() for _ in range(task.weeks)]
    for number in worked:
        duty = task.duties[number]
        starts[duty.day // WEEK].add(duty.hours.start)
    return starts
