"""The present state as somebody writes it down, where there is no log: a small TOML file.

[queue.phone]
so_far      = { offered = 180, answered = 165, in_time = 140 }   # the rest of the offered has abandoned
waiting     = ["20s", "1m"]       # how long each has waited
in_progress = ["3m", "10s"]       # how long each has been talked to
[queue.whatsapp]
silent      = ["5m", "2h"]        # answered last, the customer's turn since
[team.frontline]
on_duty     = 6                   # who is there now, breaks included
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

from ccsim.errors import Problem, ScenarioError
from ccsim.results import format
from ccsim.scenario import read
from ccsim.scenario.faults import FaultError, did_you_mean, shown
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import duration
from ccsim.tables import NEVER, SECOND, MetricSpec, Outcome, Plan
from ccsim.today.observed import Contact, Observed, Staff, Turn, is_open

KEYS: Final = {"queue": ("so_far", "waiting", "in_progress", "silent"), "team": ("on_duty",)}
COUNTS: Final = ("offered", "answered", "in_time")


def from_file(path: Path, scenario: Scenario, plan: Plan, spec: MetricSpec, at: int) -> Observed:
    """The state of a file. Raises ScenarioError with everything that is wrong with it."""
    tables = read.toml_file(path, str(path), "a state in TOML")
    file = _File(str(path), scenario, plan, spec, at)
    contacts, staff = file.contacts(tables), file.staff(tables)
    if file.problems:
        raise ScenarioError(file.problems)
    contacts.sort(key=lambda contact: contact.arrival)
    counted = {name for name, table in tables.get("queue", {}).items() if "so_far" in table}
    warnings = tuple(
        f"{name}: no so_far in {path}, so that its figures are of who is here now and of the rest of the day alone"
        for name in scenario.queue
        if name not in counted
    )
    if any(contact.closed < NEVER for contact in contacts):
        warnings += (
            f"so_far in {path} says how many came, not when: they are spread evenly over the open hours, so ASA, waits "
            "and handle times, so far and of the whole day, mean nothing",
        )
    teams, now = tables.get("team", {}), at - 1
    on_shift = set(plan.team[plan.shift_agent[(plan.shift_start <= now) & (now < plan.shift_end)]].tolist())
    away = [name for t, name in enumerate(scenario.team) if name not in teams and t in on_shift]
    if teams and away:
        warnings += (f"no on_duty of {format.listed(away)} in {path}, so that nobody of those on shift now is there",)
    numbers = frozenset(number for number, name in enumerate(scenario.queue) if name in counted)
    return Observed(
        at, tuple(contacts), tuple(staff), bool(tables.get("team")), False, numbers, warnings, from_counts=True
    )


class _File:
    def __init__(self, name: str, scenario: Scenario, plan: Plan, spec: MetricSpec, at: int) -> None:
        self.name, self.scenario, self.plan, self.spec, self.at = name, scenario, plan, spec, at
        self.problems: list[Problem] = []

    def refuse(self, path: str, value: str, allowed: str) -> None:
        self.problems.append(Problem(path, value, allowed, self.name))

    def parts(self, tables: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
        """The tables of queues or teams, with those that are none refused."""
        known = self.scenario.queue if kind == "queue" else self.scenario.team
        for key in tables.keys() - KEYS.keys():
            if kind == "queue":
                self.refuse(key, "unknown key", did_you_mean(key, KEYS))
        sound: dict[str, dict[str, Any]] = {}
        given = tables.get(kind, {})
        for name, table in given.items() if isinstance(given, dict) else [("", given)]:
            place = f"{kind}.{name}"
            if name not in known:
                self.refuse(place, f"no such {kind}", did_you_mean(name, known))
            elif not isinstance(table, dict):
                self.refuse(place, shown(table), "a table")
            else:
                for key in table.keys() - set(KEYS[kind]):
                    self.refuse(f"{place}.{key}", "unknown key", did_you_mean(key, KEYS[kind]))
                sound[name] = table
        return sound

    def ages(self, name: str, key: str, table: dict[str, Any]) -> list[int]:
        given = table.get(key, [])
        ages = []
        for age in given if isinstance(given, list) else [given]:
            try:
                ages.append(max(duration(age), 1))
            except FaultError as bad:
                fault = bad.faults[0]
                self.refuse(f"queue.{name}.{key}", fault.value, f"a list of durations: {fault.allowed}")
        return ages

    def contacts(self, tables: dict[str, Any]) -> list[Contact]:
        contacts: list[Contact] = []
        numbers = {name: number for number, name in enumerate(self.scenario.queue)}
        for name, table in self.parts(tables, "queue").items():
            q, at = numbers[name], self.at
            waiting = [Contact(q, at - age, [Turn(at - age)]) for age in self.ages(name, "waiting", table)]
            under_way = [
                Contact(q, at - age, [Turn(at - age, at - age)], unseen=True)
                for age in self.ages(name, "in_progress", table)
            ]
            silent = self.ages(name, "silent", table)
            if silent and self.plan.one_to_one[q]:
                self.refuse(f"queue.{name}.silent", "a one-to-one queue", "a queue of conversations")
            for age in silent:
                under_way.append(
                    Contact(q, at - age - 1, [Turn(at - age - 1, at - age - 1, at - age)], may_be_over=True)
                )
            contacts += [
                *waiting,
                *under_way,
                *self.past(name, q, table.get("so_far", {}), len(waiting) + len(under_way)),
            ]
        return contacts

    def past(self, name: str, q: int, so_far: Any, present: int) -> list[Contact]:
        """Contacts that are over, evenly over the open hours so far, and so many of each kind as the figures say."""
        place = f"queue.{name}.so_far"
        if not isinstance(so_far, dict) or any(
            isinstance(n, bool) or not isinstance(n, int) or n < 0 or key not in COUNTS for key, n in so_far.items()
        ):
            self.refuse(place, shown(so_far), f"whole numbers of {', '.join(COUNTS)}")
            return []
        if not so_far:
            return []
        over = so_far.get("offered", 0) - present
        answered = so_far.get("answered", over)
        in_time = so_far.get("in_time", answered)
        if not 0 <= in_time <= answered <= over:
            allowed = f"in_time ≤ answered ≤ offered less the {present} who are here; answered are those who are done"
            self.refuse(place, shown(so_far), allowed)
            return []
        limit = self.spec.sl_time[q]
        late = int((0 if math.isnan(limit) else limit) * SECOND) + SECOND
        times = self.open_times(q, over)
        kinds = _spread(over, answered, in_time)
        made = []
        for time, (is_answered, soon) in zip(times, kinds, strict=True):
            wait = min(0 if soon else late, self.at - 1 - time)
            end = time + wait
            turn = Turn(time, end, end) if is_answered else Turn(time)
            outcome = Outcome.RESOLVED if is_answered else Outcome.ABANDONED
            made.append(Contact(q, time, [turn], outcome, end, end))
        return made

    def open_times(self, q: int, count: int) -> list[int]:
        minutes = [m for m in range(0, self.at - 1, 60 * SECOND) if is_open(self.plan, q, m + 1)] or [0]
        return [minutes[i * len(minutes) // max(count, 1)] for i in range(count)]

    def staff(self, tables: dict[str, Any]) -> list[Staff]:
        there: list[Staff] = []
        for name, table in self.parts(tables, "team").items():
            number = table.get("on_duty", 0)
            if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 10_000:
                self.refuse(f"team.{name}.on_duty", shown(number), "a whole number of agents")
                continue
            there += [Staff(f"{name} agent {i + 1}", name, 0) for i in range(number)]
        return there


def _spread(over: int, answered: int, in_time: int) -> list[tuple[bool, bool]]:
    """Whether each was answered, and in time: as many as given, one kind among the others evenly."""

    def even(total: int, some: int) -> list[bool]:
        return [(i + 1) * some // total > i * some // total for i in range(total)]

    soon = iter(even(answered, in_time)) if answered else iter(())
    return [(one, next(soon) if one else False) for one in even(over, answered)] if over else []
