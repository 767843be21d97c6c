"""Whether a roster keeps the rules, from rows of dates and times alone, without ccsim's own rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

Row = tuple[str, str, date, str, str]
"""Agent, team, date, start, end."""


ALWAYS = ("00:00", "24:00")


@dataclass(frozen=True)
class Person:
    """What is agreed with somebody: teams, hours a week, leave, and from when to when they may work by weekday."""

    teams: set[str]
    hours: float
    leave: set[date] = field(default_factory=set)
    available: Mapping[int, tuple[str, str]] = field(
        default_factory=lambda: dict.fromkeys(range(7), ("00:00", "24:00"))
    )


@dataclass(frozen=True)
class House:
    """Rules for everybody."""

    first: date
    weeks: int
    rest: float = 11.0
    in_a_row: int = 6
    one_saturday_in: int = 1
    tolerance: float = 2.0


def instant(day: date, time: str) -> datetime:
    hours, minutes = map(int, time.split(":"))
    return datetime(day.year, day.month, day.day) + timedelta(hours=hours, minutes=minutes)


def faults(rows: Iterable[Row], people: Mapping[str, Person], house: House) -> set[tuple[str, str]]:
    """Rule and agent of everything that is wrong."""
    shifts = defaultdict(list)
    wrong = set()
    for agent, team, day, start, end in rows:
        begins, ends = instant(day, start), instant(day, end)
        ends += timedelta(days=ends <= begins)
        shifts[agent].append((begins, ends))
        person = people[agent]
        if team not in person.teams:
            wrong.add(("skills", agent))
        if any(begins < instant(day, "24:00") and instant(day, "00:00") < ends for day in person.leave):
            wrong.add(("leave", agent))
        since, until = person.available.get(day.weekday(), ("00:00", "00:00"))
        if begins < instant(day, since) or ends > instant(day, until):
            wrong.add(("availability", agent))
    for agent, person in people.items():
        wrong |= {(rule, agent) for rule in _over_time(sorted(shifts[agent]), person, house)}
    return wrong


def _over_time(mine: list[tuple[datetime, datetime]], person: Person, house: House) -> Iterator[str]:
    """Rules about the shifts of an agent together."""
    for (_, ended), (begins, _) in pairwise(mine):
        if begins - ended < timedelta(hours=house.rest):
            yield "rest"
    days = {begins.date() for begins, _ in mine}
    run = 0
    for n in range(7 * house.weeks):
        run = run + 1 if house.first + timedelta(days=n) in days else 0
        if run > house.in_a_row:
            yield "days_in_a_row"
    saturdays = [day for day in sorted(days) if day.weekday() == 5]
    for one, other in pairwise(saturdays):
        if (other - one).days < 7 * house.one_saturday_in:
            yield "saturdays"
    for week in range(house.weeks):
        dates = [house.first + timedelta(days=7 * week + n) for n in range(7)]
        worked = sum((ended - begins).total_seconds() / 3600 for begins, ended in mine if begins.date() in dates)
        away = sum(day in person.leave for day in dates if day.weekday() < 5)
        wanted = person.hours * (5 - away) / 5
        if abs(worked - wanted) > (house.tolerance if wanted else 0):
            yield "contract_hours"
