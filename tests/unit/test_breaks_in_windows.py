"""Breaks in windows: the agents of a shift go by turns, no more at once than must, and plans count on that."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.lowering import lower, rosters
from ccsim.results.plans import Requirement
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.pauses import places_of
from ccsim.scenario.spans import duties
from ccsim.scenario.values import HOUR, MINUTE
from ccsim.staffing import output, patterns
from ccsim.staffing.cover import cover_shifts
from ccsim.workload.attendance import attendance_of, outs
from ccsim.workload.unserved import unserved

LUNCH = {"length": "30min", "between": "11:30-13:30"}


def scenario(*shifts: dict[str, Any], **team: Any) -> Scenario:
    calls = {"channel": "phone", "open": "08:00-16:00", "volume": {"per_day": 100, "shape": "flat"}, "work": "3m"}
    agents = {"skills": {"calls": 1}, "shifts": [{"hours": "08:00-16:00"} | shift for shift in shifts]}
    return read.parse(
        {"start": date(2026, 3, 2), "days": 1, "drain": 0, "queue": {"calls": calls}, "team": {"t": agents | team}}
    )


def starts(result: Scenario) -> list[str]:
    """When each agent's first pause begins, in the order of agents."""
    plan, _ = lower(result)
    return [f"{start // HOUR:02}:{start % HOUR // MINUTE:02}" for start in plan.pause_start.tolist()]


def away(result: Scenario) -> int:
    """Most agents away at once."""
    plan, _ = lower(result)
    return max(int(((plan.pause_start <= at) & (at < plan.pause_end)).sum()) for at in plan.pause_start)


def test_agents_go_by_turns_spread_over_the_window() -> None:
    assert starts(scenario({"agents": 2, "breaks": [LUNCH]})) == ["11:30", "12:30"]
    assert starts(scenario({"agents": 5, "breaks": [LUNCH]})) == ["11:30", "12:30", "12:00", "13:00", "11:30"]


@pytest.mark.parametrize("agents", [1, 3, 4, 5, 8, 13])
def test_no_more_are_away_than_must_be(agents: int) -> None:
    """Four breaks of half an hour fit into two hours."""
    assert away(scenario({"agents": agents, "breaks": [LUNCH]})) == -(-agents // 4)


def test_shifts_of_one_agent_do_not_break_together() -> None:
    assert away(scenario(*[{"agents": 1, "breaks": [LUNCH]}] * 4)) == 1


def test_one_agent_more_moves_nobodys_break() -> None:
    for agents in range(1, 9):
        assert starts(scenario({"agents": agents + 1, "breaks": [LUNCH]}))[:-1] == starts(
            scenario({"agents": agents, "breaks": [LUNCH]})
        )


def test_fixed_hours_are_at_once() -> None:
    assert starts(scenario({"agents": 3, "breaks": ["12:00-12:30"]})) == ["12:00"] * 3


@pytest.mark.parametrize("agents", [1, 3, 4, 11, 50])
def test_hours_with_the_same_pauses_are_counted_together(agents: int) -> None:
    """As many agents with each pauses as plans have, who count them one by one; a million take no longer than a few."""
    result = scenario({"agents": 2, "breaks": [LUNCH]}, {"agents": agents, "breaks": [LUNCH, "14:00-14:15"]})
    both = Counter[str]()
    for duty in duties(result.team["t"], [result.start]):
        both[f"{duty.pauses[0][0]:%H:%M}"] += duty.agents
    firsts = [start for start in starts(result) if start != "14:00"]
    assert both == Counter(firsts)
    assert sum(both.values()) == agents + 2


def test_a_window_around_what_is_fixed() -> None:
    shift = {"agents": 4, "breaks": [LUNCH, "13:00-13:15"], "activities": ["11:45-12:30"]}
    (result,) = scenario(shift).team["t"].shifts
    places = [(place.start, place.end) for place in places_of(result, result.hours, result.breaks[0])]
    assert places == [(12.5 * HOUR, 13 * HOUR)], "11:30-11:45 and 13:15-13:30 are too short for it"


def test_windows_after_midnight_are_on_the_next_day() -> None:
    night = {"hours": "22:00-06:00", "agents": 2, "breaks": [{"length": "1h", "between": "01:00-03:00"}]}
    calls = {"channel": "phone", "open": "always", "volume": {"per_day": 10}}
    raw = {"start": date(2026, 3, 2), "days": 2, "drain": 0, "queue": {"calls": calls}}
    result = read.parse(raw | {"team": {"t": {"skills": {"calls": 1}, "shifts": [night | {"days": "mon"}]}}})
    assert lower(result)[0].pause_start.tolist() == [25 * HOUR, 26 * HOUR]


@pytest.mark.parametrize(
    ("shift", "path", "said"),
    [
        ({"breaks": [{"length": "3h", "between": "11:00-13:00"}]}, "breaks.0.length", "no room for 3h"),
        ({"breaks": [{"length": "15min", "between": "15:00-17:00"}]}, "breaks", "outside the shift"),
        ({"breaks": [LUNCH, {"length": "15min", "between": "13:00-14:00"}]}, "breaks", "overlap"),
        ({"breaks": [LUNCH | {"at_most": 2}], "agents": 9}, "breaks.0.at_most", "9 agents, but 4 breaks"),
        ({"breaks": [LUNCH | {"at_most": 0}]}, "breaks.0.at_most", "0"),
        ({"breaks": [LUNCH | {"length": 0}]}, "breaks.0.length", "a break without length"),
        ({"breaks": [{"length": "30min"}]}, "breaks.0.between", "missing"),
        ({"breaks": [LUNCH | {"lengths": 1}]}, "breaks.0.lengths", "unknown key"),
        ({"breaks": [12]}, "breaks.0.between", "12"),
    ],
)
def test_what_cannot_be(shift: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario({"agents": 1} | shift)
    (problem,) = refused.value.problems
    assert (problem.path, said in problem.value) == (f"team.t.shifts.0.{path}", True), problem


def test_so_many_at_once_as_allowed() -> None:
    assert away(scenario({"agents": 8, "breaks": [LUNCH | {"at_most": 2}]})) == 2


def test_who_steps_out_leaves_their_own_break_alone() -> None:
    """Absences of an agent do not touch this agent's break, wherever those of the others lie."""
    result = scenario({"agents": 4, "breaks": [LUNCH]}, steps_out={"every": "20m", "lasts": "5m"})
    plan, _ = lower(result)
    absences = np.column_stack(outs(attendance_of(result), 0))
    assert Counter(absences[:, 0].tolist()).keys() == {0, 1, 2, 3}
    within = [
        (plan.pause_start[shift] <= end) & (start <= plan.pause_end[shift]) for shift, start, end in absences.tolist()
    ]
    assert not any(within)
    of_others = [((plan.pause_start < end) & (start < plan.pause_end)).any() for _, start, end in absences.tolist()]
    assert any(of_others)


# plans (case break-doubles-plan: everybody on a pattern went at once, and a quarter of an hour doubled the plan)


def planned(rest: Any, **pattern: Any) -> Scenario:
    base = scenario({"agents": 1}).raw
    given = {"team": "t", "hours": "08:00-16:00", "breaks": [rest]}
    return read.parse(base | {"staffing": {"patterns": [given | pattern]}})


def agents_for(result: Scenario, required: int) -> int:
    """What the program gives the one pattern if so many are required at their desks in every half hour."""
    edges = np.arange(0, 48)
    inside = (edges >= 16) & (edges < 32)
    required_by_interval = np.where(inside, required, 0)[None]
    need = Requirement("", "team", ("t",), edges * 30 * MINUTE, required_by_interval, np.zeros(1))
    found_cover = cover_shifts(result, need)
    assert found_cover is not None
    return int(found_cover.counts[0])


def test_a_break_by_turns_costs_a_plan_one_agent_or_two() -> None:
    assert agents_for(planned("11:00-11:15"), 12) == 24
    assert agents_for(planned({"length": "15min", "between": "10:00-12:00"}), 12) == 14


def test_of_the_agents_of_a_pattern_the_average_is_at_the_desk() -> None:
    ((_, row),) = patterns.crews(planned({"length": "15min", "between": "10:00-12:00"}))
    assert row.agents == 8
    shares = patterns.at_desk(row, np.arange(25) * HOUR)
    assert shares[8:16] == pytest.approx([1, 1, 7 / 8, 7 / 8, 1, 1, 1, 1])
    assert patterns.paid_hours(planned(LUNCH, paid=False), row) == pytest.approx(8)


def test_unpaid_breaks_in_a_window_are_not_paid() -> None:
    assert patterns.costs(planned(LUNCH, paid=False)).tolist() == pytest.approx([7.5])


def test_a_plan_keeps_to_at_most() -> None:
    result = planned(LUNCH | {"at_most": 1})
    (pattern,) = result.staffing.patterns
    assert patterns.most_agents(pattern) == 4
    with pytest.raises(ScenarioError, match="5 agents, but 4 breaks"):
        patterns.staffed(result, [5])


def test_a_name_goes_from_the_pattern_to_the_shift() -> None:
    result = planned(LUNCH, name="early")
    staffed = patterns.staffed(result, [3])
    assert staffed.team["t"].shifts[0].name == "early"
    assert [len(row.members) for row in rosters(staffed)] == [3]


def test_nobody_is_alone_at_lunch() -> None:
    """Fixed hours leave a gap, of which `check` and `run` tell; by turns there is none (case nobody-on-duty)."""
    gap = unserved(scenario({"agents": 2, "breaks": ["12:00-12:30"]}))
    assert "open for 0.5 h with nobody on duty" in str(gap[0])
    assert not any("nobody on duty" in str(one) for one in unserved(scenario({"agents": 2, "breaks": [LUNCH]})))


@pytest.mark.parametrize(
    ("start", "taken"),
    [
        ("2026-10-23", ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]),
        ("2026-10-24", ["01:00", "03:00", "03:30"]),  # two to three comes twice in this night
        ("2027-03-27", ["01:00", "03:00", "03:30"]),  # and is skipped in this one
    ],
)
def test_a_window_around_the_hour_of_a_clock_change(start: str, taken: list[str]) -> None:
    """Breaks keep out of it, in the run and in the roster that a plan writes."""
    pattern = {"team": "t", "hours": "22:00-06:00", "breaks": [{"length": "30min", "between": "01:00-04:00"}]}
    shift = {"agents": 6} | {key: value for key, value in pattern.items() if key != "team"}
    calls = {"channel": "phone", "open": "always", "volume": {"per_day": 10}}
    raw = {"start": start, "days": 1, "timezone": "Europe/Rome", "drain": "1d", "queue": {"calls": calls}}
    raw |= {"team": {"t": {"skills": {"calls": 1}, "shifts": [shift]}}, "staffing": {"patterns": [pattern]}}
    result = read.parse(raw)
    plan, _ = lower(result)
    night = plan.pause_start[plan.pause_start > 24 * HOUR]
    pauses = {result.calendar.local(start) for start in night[night < 36 * HOUR].tolist()}
    assert sorted(f"{at:%H:%M}" for at in pauses) == taken
    written = [row for row in output.rosters(result, np.array([6]))["t"] if str(row[1]) == start]
    assert {breaks.partition("-")[0] for *_, breaks in written} == set(taken)


def test_a_window_within_the_hour_of_a_clock_change_is_refused() -> None:
    shift = {"hours": "22:00-06:00", "agents": 2, "breaks": [{"length": "20min", "between": "02:00-03:00"}]}
    calls = {"channel": "phone", "open": "always", "volume": {"per_day": 10}}
    raw = {"days": 2, "timezone": "Europe/Rome", "queue": {"calls": calls}}
    raw |= {"team": {"t": {"skills": {"calls": 1}, "shifts": [shift]}}}
    for start in ("2026-10-24", "2026-10-25"):  # the first of these nights begins on the day before
        with pytest.raises(ScenarioError, match=r"no room for 20m within 02:00-03:00 on 2026-10-24; expected a window"):
            read.parse(raw | {"start": start})
    read.parse(raw | {"start": "2026-10-19"})  # whose drain ends before
