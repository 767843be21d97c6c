"""Whether a roster keeps the rules, checked by itself: from rows of dates and times alone, without ccsim's own rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

Row = tuple[str, str, date, str, str]
"""Agent, team, date, start, end."""


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
    unpaid: float = 0.0


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
        mine = sorted(shifts[agent])
        for (_, ended), (begins, _) in zip(mine, mine[1:], strict=False):
            if begins - ended < timedelta(hours=house.rest):
                wrong.add(("rest", agent))
        days = {begins.date() for begins, _ in mine}
        run = 0
        for n in range(7 * house.weeks):
            run = run + 1 if house.first + timedelta(days=n) in days else 0
            if run > house.in_a_row:
                wrong.add(("days_in_a_row", agent))
        saturdays = [day for day in sorted(days) if day.weekday() == 5]
        for one, other in zip(saturdays, saturdays[1:], strict=False):
            if (other - one).days < 7 * house.one_saturday_in:
                wrong.add(("saturdays", agent))
        for week in range(house.weeks):
            dates = [house.first + timedelta(days=7 * week + n) for n in range(7)]
            worked = sum((ended - begins).total_seconds() / 3600 for begins, ended in mine if begins.date() in dates)
            away = sum(day in person.leave for day in dates if day.weekday() < 5)
            wanted = person.hours * (5 - away) / 5
            if abs(worked - wanted) > (house.tolerance if wanted else 0):
                wrong.add(("contract_hours", agent))
    return wrong
