"""Rosters of a few people: every rule kept, each rule broken on purpose is seen, and what cannot be is named."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.scenario.read import parse
from ccsim.staffing.baseline import baseline
from ccsim.staffing.roster import demand, rules
from ccsim.staffing.roster.conflict import conflicts
from ccsim.staffing.roster.duties import Assignment, Task
from ccsim.staffing.roster.plan import counts_of, rostered, rows_of
from ccsim.staffing.roster.search import Solution, search, separate
from tests.roster_by_hand import House, Person, Row, faults

pytest.importorskip("ortools")

EFFORT = 1
"""Of the search, about seconds."""
FIRST = date(2026, 3, 2)
HOUSE = House(FIRST, weeks=2, rest=11, in_a_row=5, one_saturday_in=2, tolerance=4)
LEAVE = {date(2026, 3, 10), date(2026, 3, 11)}
PEOPLE = {
    "Ada": Person({"desk"}, 32),
    "Bo": Person({"desk"}, 32, leave=LEAVE),
    "Cy": Person({"desk"}, 24, available=dict.fromkeys(range(5), ("07:00", "15:00"))),
    "Di": Person({"desk", "post"}, 24),
}


def given(**changes: Any) -> dict[str, Any]:
    """Two weeks of calls and mails; four people, one of whom serves both."""
    agents = [
        {"name": "Ada", "team": "desk", "hours_per_week": 32, "wishes": [{"days": "fri"}, {"shift": "early"}]},
        {"name": "Bo", "team": "desk", "hours_per_week": 32, "leave": "2026-03-10:2026-03-11"},
        {"name": "Cy", "team": "desk", "hours_per_week": 24, "available": {"mon-fri": "07:00-15:00"}},
        {"name": "Di", "skills": ["calls", "mails"], "hours_per_week": 24},
    ]
    roster = {"agents": agents, "max_days_in_a_row": 5, "one_saturday_in": 2, "hours_tolerance": "4h"}
    return {
        "start": FIRST,
        "days": 14,
        "seed": 4,
        "replications": 2,
        "queue": {
            "calls": {
                "channel": "phone",
                "open": {"mon-sat": "07:00-22:00"},
                "volume": {"per_day": 60, "shape": "flat", "weekday": {"sun": 0}},
                "service_level": "80/20",
            },
            "mails": {"channel": "email", "open": {"mon-fri": "08:00-16:00"}, "volume": {"per_day": 10}},
        },
        "team": {
            "desk": {"skills": {"calls": 1}, "shifts": [{"agents": 1, "hours": "08:00-16:00"}], "cost_per_hour": 20},
            "post": {"skills": {"mails": 1}, "shifts": [{"agents": 1, "hours": "08:00-16:00"}], "cost_per_hour": 18},
        },
        "staffing": {
            "patterns": [
                {"team": "desk", "name": "early", "days": "mon-sat", "hours": "07:00-15:00"},
                {"team": "desk", "name": "late", "days": "mon-sat", "hours": "14:00-22:00"},
                {"team": "post", "name": "post", "days": "mon-fri", "hours": "08:00-16:00"},
            ]
        },
        "roster": roster | changes,
    }


def task_of(**changes: Any) -> Task:
    return Task(parse(given(**changes)))


def erlang(task: Task) -> demand.Demand:
    return demand.of_requirement(task, baseline(task.scenario).requirement(task.scenario))


@cache
def made() -> tuple[Task, demand.Demand, Solution]:
    task = task_of()
    needed = erlang(task)
    return task, needed, search(task, needed, effort=EFFORT)


def rows(task: Task, assignment: Assignment) -> list[Row]:
    return [(row[0], team, *row[1:4]) for team, those in rows_of(task, assignment).items() for row in those]


def test_every_rule_is_kept() -> None:
    task, _, result = made()
    assert result.status in ("optimal", "feasible")
    assert sum(map(len, result.assignment.values())) > 20
    assert faults(rows(task, result.assignment), PEOPLE, HOUSE) == set()
    assert rules.broken(task, result.assignment) == []
    assert 0 <= result.bound <= result.points


def test_the_same_roster_every_time() -> None:
    task, needed, result = made()
    assert search(task, needed, effort=EFFORT) == result


def duty(task: Task, name: str, day: int) -> int:
    return next(i for i, of in enumerate(task.duties) if task.names[of.pattern] == name and of.day == day)


def add(agent: str, *shifts: tuple[str, int]) -> Callable[[Task, Assignment], None]:
    """Gives an agent these shifts instead of all others of the same days."""

    def change(task: Task, assignment: Assignment) -> None:
        new = [duty(task, name, day) for name, day in shifts]
        days = {day for _, day in shifts}
        assignment[agent] = sorted([*(d for d in assignment[agent] if task.duties[d].day not in days), *new])

    return change


BROKEN = {
    "rest": ("Ada", add("Ada", ("late", 0), ("early", 1))),
    "days_in_a_row": ("Ada", add("Ada", *(("early", day) for day in range(6)))),
    "saturdays": ("Ada", add("Ada", ("early", 5), ("early", 12))),
    "contract_hours": ("Di", lambda task, assignment: assignment["Di"].clear()),
    "leave": ("Bo", add("Bo", ("early", 8))),
    "availability": ("Cy", add("Cy", ("late", 2))),
    "skills": ("Ada", add("Ada", ("post", 3))),
}


def test_each_rule_has_a_case() -> None:
    assert set(BROKEN) == set(rules.PER_AGENT)


@pytest.mark.parametrize("rule", BROKEN)
def test_a_rule_broken_on_purpose_is_seen(rule: str) -> None:
    task, _, result = made()
    agent, change = BROKEN[rule]
    assignment = {name: list(duties) for name, duties in result.assignment.items()}
    change(task, assignment)
    assert (rule, agent) in faults(rows(task, assignment), PEOPLE, HOUSE)
    assert (rule, agent) in {(breach.rule, breach.agent) for breach in rules.broken(task, assignment)}


def test_the_search_needs_each_rule() -> None:
    """Where a rule is wider, the roster uses it: the checks above do not hold by themselves."""
    short = task_of(min_rest="0s", max_days_in_a_row=14, one_saturday_in=1)
    loose = search(short, erlang(short), effort=EFFORT)
    assert {rule for rule, _ in faults(rows(short, loose.assignment), PEOPLE, HOUSE)} & {"rest", "saturdays"}


@pytest.mark.parametrize(
    ("agent", "changes", "named"),
    [
        ({"hours_per_week": 40, "available": {"mon-thu": "always"}}, {"hours_tolerance": "0s"},
         {"availability", "contract_hours"}),
        ({"hours_per_week": 40}, {"max_days_in_a_row": 1, "hours_tolerance": "0s"},
         {"days_in_a_row", "contract_hours"}),
        ({"hours_per_week": 48}, {"hours_tolerance": "0s", "one_saturday_in": 3, "max_days_in_a_row": 14},
         {"saturdays", "contract_hours"}),
        ({"hours_per_week": 40, "leave": "sat"}, {"hours_tolerance": "1h", "min_rest": "30h"},
         {"rest", "contract_hours"}),
    ],
)  # fmt: skip
def test_rules_that_exclude_one_another_are_named(
    agent: dict[str, Any], changes: dict[str, Any], named: set[str]
) -> None:
    people = [{"name": "Ed", "team": "desk"} | agent, {"name": "Di", "team": "desk", "hours_per_week": 24}]
    task = task_of(agents=people, **({"hours_tolerance": "4h"} | changes))
    assert search(task, erlang(task), effort=EFFORT).status == "infeasible"
    result = [breach for breach in conflicts(task) if breach.agent == "Ed"]
    assert {breach.rule for breach in result} == named
    hours = next(breach.what for breach in result if breach.rule == "contract_hours")
    assert "possible with the other rules named" in hours


def test_a_shift_that_cannot_have_its_agents_is_named() -> None:
    raw = given()
    raw["staffing"]["patterns"][2]["min"] = 2
    task = Task(parse(raw))
    assert search(task, erlang(task), effort=EFFORT).status == "infeasible"
    result = conflicts(task)
    assert len(result) == 10
    assert result[0].rule == rules.SHIFT_LIMITS
    assert "post on Mon 2 Mar" in result[0].what


def test_the_roster_is_read_back() -> None:
    task, _, result = made()
    ready = rostered(task, rows_of(task, result.assignment))
    shifts = [shift for team in ready.team.values() for shift in (team.roster.shifts if team.roster else ())]
    assert len(shifts) == sum(map(len, result.assignment.values()))
    assert {shift.agent for shift in shifts} == set(PEOPLE)


def test_a_plan_is_covered_exactly_where_it_can_be() -> None:
    task = task_of()
    of_plan = demand.of_plan(task, "by hand", np.array([1, 1, 0]))
    result = search(task, of_plan, effort=EFFORT)
    counts = counts_of(task, result.assignment)
    assert of_plan.unrestricted is not None
    assert of_plan.unrestricted.sum() == 24
    assert of_plan.hours_short(counts.astype(float)) <= 16


def test_who_shares_no_team_is_rostered_apart() -> None:
    agents = [{"name": n, "team": t, "hours_per_week": 24} for n, t in (("a", "desk"), ("b", "post"), ("c", "desk"))]
    assert separate(task_of(agents=agents)) == [[0, 2], [1]]
    assert separate(task_of()) == [[0, 1, 2, 3]]


def test_leave_and_holidays_shorten_the_contract() -> None:
    raw = given()
    raw["holidays"] = {"country": "IT"}
    raw["start"] = date(2026, 4, 6)  # Easter Monday
    raw["roster"]["agents"][1]["leave"] = "2026-04-08"
    task = Task(parse(raw))
    assert rules.contract_minutes(task, task.agents[1], 0) == pytest.approx((60 * 32 * 3 / 5, 60 * 32 * 4 / 5))


def test_a_night_shift_needs_availability_on_both_days() -> None:
    raw = given()
    raw["queue"]["calls"]["open"] = "always"
    raw["staffing"]["patterns"][1]["hours"] = "22:00-06:00"
    raw["roster"]["agents"][0]["available"] = {"mon-tue": "always"}
    task = Task(parse(raw))
    nights = [task.duties[i].day for i in rules.allowed(task, task.agents[0]) if task.duties[i].pattern == 1]
    assert nights == [0, 7]
    leave = [task.duties[i].day for i in rules.allowed(task, task.agents[1]) if task.duties[i].pattern == 1]
    assert set(range(14)) - set(leave) == {6, 7, 8, 9, 13}


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        (lambda raw: raw.update(days=10), "days", "10 days"),
        (lambda raw: raw["roster"].update(agents=[]), "roster", "no agents"),
        (lambda raw: raw["staffing"]["patterns"].pop(2) and raw["roster"]["agents"][0].update(team="post"),
         "roster.agents.0", "no shift pattern of post for Ada"),
        (lambda raw: raw["staffing"]["patterns"][0].update(hours="always"), "staffing.patterns.0.hours", "the clock"),
    ],
)  # fmt: skip
def test_what_is_no_task_is_refused(change: Callable[[dict[str, Any]], object], path: str, said: str) -> None:
    raw = given()
    change(raw)
    with pytest.raises(ScenarioError) as refused:
        Task(parse(raw))
    assert [(problem.path, said in problem.value) for problem in refused.value.problems] == [(path, True)]


def test_too_little_time_is_said() -> None:
    task = task_of()
    result = search(task, erlang(task), effort=1e-6)
    assert result.status in ("unknown", "feasible")
    assert result.assignment == {} or not math.isnan(result.gap)
