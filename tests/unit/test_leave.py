"""Leave planned by date: who is not there, what it costs, and whose shifts it is taken from."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from ccsim.engine.reference import simulate
from ccsim.errors import ScenarioError
from ccsim.lowering import lower, not_on_leave, rosters
from ccsim.metrics import measure, summarise
from ccsim.scenario import read
from ccsim.scenario.leave import leave_of
from ccsim.scenario.model import Scenario
from ccsim.scenario.spans import run_days, staffed_hours
from ccsim.staffing.baseline import on_duty
from ccsim.staffing.patterns import cost_of_shifts, staffed
from ccsim.workload.attendance import attendance_of, present
from ccsim.workload.sample import sample
from ccsim.workload.unserved import unserved

MONDAY = date(2026, 3, 2)


def scenario(*shifts: dict[str, Any], **team: Any) -> Scenario:
    calls = {"channel": "phone", "open": "08:00-16:00", "volume": {"per_day": 100}, "work": "3m"}
    agents = {"skills": {"calls": 1}, "shifts": [{"agents": 3, "hours": "08:00-16:00"} | shift for shift in shifts]}
    raw = {"start": MONDAY, "days": 3, "drain": 0, "queue": {"calls": calls}, "team": {"t": agents | team}}
    return read.parse(raw | {"staffing": {"patterns": [{"team": "t", "hours": "08:00-16:00"}]}})


def paid_and_staffed(result: Scenario) -> tuple[float, float]:
    """Hours of one replication."""
    plan, spec = lower(result)
    workload = sample(result, 0)
    summary = summarise([measure(workload, plan, spec, simulate(workload, plan), by_interval=False)])
    figures = {(row.level, row.metric): row.mean for row in summary.rows}
    paid, at_work = figures["team", "paid_hours"], figures["team", "staffed_hours"]
    assert paid is not None
    assert at_work is not None
    return paid, at_work


def test_the_first_agents_of_a_shift_are_not_there() -> None:
    result = scenario({"leave": [{"agents": 2, "days": "2026-03-02:2026-03-03"}]})
    by_agent = present(attendance_of(result), 0).reshape(3, 3)
    assert by_agent.tolist() == [[False, False, True], [False, False, True], [True, True, True]]
    assert staffed_hours(result.team["t"], run_days(result)) == (1 + 1 + 3) * 8
    assert on_duty(result).sum() / 2 == (1 + 1 + 3) * 8


def test_an_agent_more_changes_nothing_for_the_others() -> None:
    leave = [{"agents": 1, "days": "mon"}]
    few = present(attendance_of(scenario({"leave": leave}, absence=0.4)), 0)
    more = present(attendance_of(scenario({"leave": leave, "agents": 4}, absence=0.4)), 0)
    assert (few == more[: len(few)]).all()
    without = present(attendance_of(scenario({}, absence=0.4)), 0)
    assert (few[1:] == without[1:]).all(), "who is on leave changes no draw of the others"


@pytest.mark.parametrize(("paid", "hours"), [(True, 72), (False, 56)])
def test_paid_leave_is_paid_and_other_leave_is_not(paid: bool, hours: float) -> None:
    result = scenario({"leave": [{"agents": 2, "days": "2026-03-03", "paid": paid}]})
    assert paid_and_staffed(result) == pytest.approx((hours, 56), abs=0.2)
    assert cost_of_shifts(result) == pytest.approx(hours)


def test_paid_leave_of_unpaid_breaks_is_the_whole_shift() -> None:
    leave = {"agents": 3, "days": "2026-03-03"}
    result = scenario({"breaks": ["12:00-13:00"], "paid": False, "leave": [leave]})
    assert cost_of_shifts(result) == pytest.approx(3 * (7 + 8 + 7))


def test_leave_of_the_team_comes_from_the_largest_shift() -> None:
    small, large = {"agents": 1, "days": "mon-tue"}, {"agents": 3}
    result = scenario(small, large, leave=[{"agents": 3, "days": "mon-wed", "paid": False}])
    team = result.team["t"]
    assert [tuple(away) for away in leave_of(team, MONDAY)] == [(0, 1), (0, 2)]
    assert [tuple(away) for away in leave_of(team, date(2026, 3, 4))] == [(0, 0), (0, 3)]


def test_leave_of_shift_and_team_add_up() -> None:
    own = [{"name": "course", "agents": 1, "days": "mon"}]
    result = scenario({"leave": own}, leave=[{"agents": 1, "days": "mon", "paid": False}])
    assert [tuple(away) for away in leave_of(result.team["t"], MONDAY)] == [(1, 1)]


def test_breaks_of_those_who_are_there_stay_spread() -> None:
    by_turns = {"agents": 4, "breaks": [{"length": "30min", "between": "11:00-12:00"}]}
    result = scenario(by_turns | {"leave": [{"agents": 2, "days": "mon-wed"}]})
    plan, _ = lower(result)
    there = not_on_leave(rosters(result))[plan.pause_shift]
    assert np.unique(plan.pause_start[there], return_counts=True)[1].tolist() == [1] * 6


def test_a_gap_that_leave_makes_is_told() -> None:
    result = scenario({"leave": [{"agents": 3, "days": "2026-03-03"}]})
    assert "open for 8 h with nobody on duty who serves it, first on 2026-03-03 08:00" in str(unserved(result)[0])


@pytest.mark.parametrize(
    ("shift", "path", "said"),
    [
        ({"leave": [{"agents": 4, "days": "tue"}]}, "team.t.shifts.0.leave", "4 agents on leave of 3 on 2026-03-03"),
        (
            {"hours": "always", "leave": [{"agents": 1, "days": "tue"}]},
            "team.t.shifts.0.leave",
            "1 agents on leave of 0",
        ),
        ({"leave": [{"agents": 1}]}, "team.t.shifts.0.leave.0.days", "missing"),
        ({"leave": [{"agents": 1, "days": "2026-03-06:2026-03-02"}]}, "team.t.shifts.0.leave.0.days", "2026-03-06"),
        ({"leave": [{"name": "3", "agents": 1, "days": "mon"}]}, "team.t.shifts.0.leave.0.name", "as a name"),
    ],
)
def test_what_cannot_be(shift: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario(shift)
    (problem,) = refused.value.problems
    assert (problem.path, said in problem.value) == (path, True), problem


def test_days_without_a_shift_need_no_leave() -> None:
    weekend = scenario({"days": "mon"}, leave=[{"agents": 3, "days": "mon-sun"}])
    assert not present(attendance_of(weekend), 0).any()


def test_a_plan_is_of_people_who_come() -> None:
    assert staffed(scenario({}, leave=[{"agents": 2, "days": "mon"}]), [2]).team["t"].leave == ()


def test_leave_has_a_name_for_paths() -> None:
    raw = scenario({}, leave=[{"name": "summer", "agents": 2, "days": "mon"}]).raw
    read.assign(raw, "team.t.leave.summer.agents", 1)
    assert read.parse(raw).team["t"].leave[0].agents == 1
