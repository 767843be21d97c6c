"""What an answer of `ccsim staff` leaves behind: files that say what was found and that `ccsim run` reads; pictures."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ccsim.charts import plans
from ccsim.lowering import lower
from ccsim.report.pictures import picture
from ccsim.results.plans import Requirement, ShiftPlan
from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing import output, patterns
from ccsim.staffing.baseline import baseline
from tests.cli.tiny import TINY, ccsim, only_folder, write_tiny
from tests.layout import assert_readable
from tests.staffing_by_hand import centre, plan
from tests.unit.test_charts import EACH_SIZE, SIZES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        actual = list(csv.DictReader(stream))
    assert actual
    return actual


@pytest.fixture(scope="module")
def week() -> Scenario:
    return centre(5, 7)


@pytest.fixture(scope="module")
def planned(week: Scenario) -> ShiftPlan:
    return plan(week)


@pytest.fixture
def folder(week: Scenario, planned: ShiftPlan, tmp_path: Path) -> Path:
    return output.to_folder(
        tmp_path, week, [baseline(week).requirement(week)], output.Shifts("by hand", planned.agents), planned, seconds=3
    )


def test_the_folder_is_complete(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "frontier.csv", "marginal.csv", "provenance.json", "requirement.csv", "roster_team_0.csv", "roster_team_1.csv",
        "scenario.toml", "shifts.csv", "targets.csv",
    ]  # fmt: skip
    record = json.loads((folder / "provenance.json").read_text())
    assert record["seconds"] == 3
    assert record["versions"]["numpy"]
    assert len(record["files"]) == 8
    for file, fingerprint in record["files"].items():
        assert hashlib.sha256((folder / file).read_bytes()).hexdigest() == fingerprint


def test_nothing_is_left_behind_by_a_failure(week: Scenario, tmp_path: Path) -> None:
    def fails(_: Path) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        output.to_folder(tmp_path, week, [baseline(week).requirement(week)], finish=fails)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_requirement_by_interval_with_and_without_shrinkage(tmp_path: Path) -> None:
    run = centre(1, 2)
    agents = np.zeros((1, 96), dtype=np.int64)
    agents[0, 20] = 9
    requirement = Requirement("by hand", "team", ("team 0",), np.arange(96) * 1_800_000_000, agents, np.array([0.1]))
    output.write_requirements(tmp_path / "requirement.csv", run, [requirement])
    actual = rows(tmp_path / "requirement.csv")
    assert len(actual) == 96
    assert [row for row in actual if row["agents"] != "0"] == [
        {"method": "by hand", "team": "team 0", "date": "2026-03-02", "time": "10:00", "agents": "9",
         "agents_with_shrinkage": "10.00"}
    ]  # fmt: skip
    assert actual[-1]["date"] == "2026-03-03"
    assert actual[-1]["time"] == "23:30"


def test_shifts_say_hours_pay_and_cost(folder: Path, planned: ShiftPlan) -> None:
    actual = rows(folder / "shifts.csv")
    assert [int(row["agents"]) for row in actual] == planned.agents.tolist()
    assert actual[0] == {
        "pattern": "team 0 08:00-16:00", "team": "team 0", "hours": "08:00-16:00", "breaks": "12:00-12:30",
        "days": "2026-03-02;2026-03-03;2026-03-04;2026-03-05;2026-03-06", "agents": "3", "paid_hours": "120.00",
        "cost": "2400.00",
    }  # fmt: skip
    assert sum(float(row["cost"]) for row in actual) == pytest.approx(planned.searched.cost / 0.85)


def duties(scenario: Scenario) -> Iterator[tuple[Any, ...]]:
    """Of every agent: team, shifts and pauses, in any order of agents."""
    plan, _ = lower(scenario)
    for agent, team in enumerate(plan.team.tolist()):
        mine = np.flatnonzero(plan.shift_agent == agent)
        pauses = [np.flatnonzero(plan.pause_shift == shift) for shift in mine]
        yield (
            team,
            tuple(zip(plan.shift_start[mine].tolist(), plan.shift_end[mine].tolist(), strict=True)),
            tuple((int(plan.pause_start[p]), int(plan.pause_end[p])) for here in pauses for p in here),
        )


@pytest.mark.parametrize("start", ["2026-03-02", "2026-03-27"])
def test_rosters_are_the_shifts(start: str, tmp_path: Path) -> None:
    """Also overnight, over the ends of the run and over a clock change."""
    week = centre(4, 4, start=start)
    week = read.parse(week.raw | {"staffing": {"patterns": [
        {"team": team, **pattern}
        for team in week.team
        for pattern in (
            {"days": "mon-fri", "hours": "08:00-16:00", "breaks": ["14:00-14:15", "12:00-12:30"]},
            {"hours": "17:00-03:30", "breaks": ["23:45-00:15", "03:15-03:25"], "activities": ["18:00-19:00"]},
            {"days": "mon-sun", "hours": "08:15:30-24:00"},
        )
    ]}})  # fmt: skip
    agents = np.array([2, 3, 1, 0, 1, 4])
    by_shifts = patterns.staffed(week, agents.tolist())
    files = output.write_rosters(tmp_path, week, agents)
    assert len(files) == 2
    raw = by_shifts.raw | {
        "team": {
            name: {key: value for key, value in team.items() if key != "shifts"} | {"roster": {"file": file}}
            for (name, team), file in zip(by_shifts.raw["team"].items(), files, strict=True)
        }
    }
    by_roster = read.parse(raw, folder=tmp_path)
    actual = sorted(duties(by_roster))
    assert len(actual) == 11
    assert actual == sorted(duties(by_shifts))


def test_whole_days_in_a_roster(tmp_path: Path) -> None:
    raw = centre(1, 1).raw | {"staffing": {"patterns": [{"team": "team 0", "hours": "always"}]}}
    (file,) = output.write_rosters(tmp_path, read.parse(raw), np.array([1]))
    assert {(row["start"], row["end"]) for row in rows(tmp_path / file)} == {("00:00", "24:00")}


def test_teams_of_like_names_have_rosters_of_their_own(tmp_path: Path) -> None:
    week = centre(4, 1)
    raw = week.raw | {"team": {"a b": week.raw["team"]["team 0"], "a_b": week.raw["team"]["team 1"]}}
    given = [{"team": team, "hours": "08:00-16:00"} for team in raw["team"]]
    files = output.write_rosters(tmp_path, read.parse(raw | {"staffing": {"patterns": given}}), np.array([1, 1]))
    assert len(set(files)) == 2


def test_the_scenario_runs_as_planned(folder: Path, planned: ShiftPlan) -> None:
    again = read.load(folder / "scenario.toml")
    assert [shift.agents for team in again.team.values() for shift in team.shifts] == planned.agents.tolist()
    results = run(again.model_copy(update={"replications": 1}), engine="simpy")
    paid = results.estimate("team", "team 0", "paid_hours")
    assert paid is not None
    assert paid.mean == pytest.approx(6 * 5 * 8, rel=0.15)  # some are absent


def test_targets_marginal_values_and_frontier(folder: Path, planned: ShiftPlan) -> None:
    targets = rows(folder / "targets.csv")
    assert len(targets) == 4 * len(planned.goals)
    first = targets[0]
    assert (first["run"], first["name"], first["metric"], first["wanted"]) == (
        "search", "phone support", "service_level", ">= 0.8",
    )  # fmt: skip
    assert float(first["mean"]) - 0.8 == pytest.approx(float(first["slack"]), abs=1e-5)
    assert targets[-1]["wanted"] == "<= 0.05"
    assert len(rows(folder / "marginal.csv")) == len(planned.agents) * len(planned.goals)
    costs = [float(row["cost"]) for row in rows(folder / "frontier.csv")]
    assert costs == sorted(costs)
    assert len(costs) == len(planned.tried)


def test_queues_by_interval(tmp_path: Path) -> None:
    run = centre(2, 1)
    output.write_queues(tmp_path / "queues.csv", run, baseline(run))
    actual = rows(tmp_path / "queues.csv")
    assert {row["queue"] for row in actual} == set(run.queue)
    ten = next(row for row in actual if row["time"] == "10:00")
    assert (ten["queue"], ten["date"], ten["formula"], ten["team"]) == (
        "phone support", "2026-03-02", "Erlang A", "team 0",
    )  # fmt: skip
    assert 0.8 <= float(ten["service_level"]) < 1
    assert float(ten["agents"]) > float(ten["load"]) > 0
    assert sum(float(row["contacts_per_hour"]) for row in actual if row["queue"] == "phone support") / 2 == (
        pytest.approx(150, rel=1e-4)
    )


def test_erlang_from_the_command_line(tmp_path: Path) -> None:
    tiny = write_tiny(tmp_path, TINY + '[staffing]\npatterns = [{ team = "all", hours = "09:00-12:00" }]')
    result = ccsim("staff", tiny, "--method", "erlang", "--out", tmp_path / "out")
    assert result.exit_code == 0
    for said in ("phone", "Erlang A", "machine repair, 3 slots", "all 09:00-12:00", "leaves out", "blending"):
        assert said in result.output
    folder = only_folder(tmp_path / "out")
    assert f"{folder}" in result.output.replace("\n", "")
    assert {path.name for path in folder.iterdir()} >= {"queues.csv", "requirement.csv", "shifts.csv", "charts"}
    assert [path.name for path in (folder / "charts").iterdir()] == ["required_and_scheduled.png"]
    assert {row["method"] for row in rows(folder / "requirement.csv")} == {
        "Erlang, interval by interval", "Erlang, interval by interval, chats by division",
    }  # fmt: skip
    assert [shift.agents for shift in read.load(folder / "scenario.toml").team["all"].shifts] == [
        int(row["agents"]) for row in rows(folder / "shifts.csv")
    ]


def test_erlang_says_what_its_patterns_cannot(tmp_path: Path) -> None:
    given = '[staffing]\npatterns = [{ team = "all", hours = "10:00-12:00", max = 1 }]'
    teams = TINY.replace("[team.writers]\nskills = { chat = 1, message = 1 }", "[team.writers]\nskills = { chat = 1 }")
    tiny = write_tiny(tmp_path, teams + given)
    result = ccsim("staff", tiny, "--method", "erlang", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "max is too small" in result.output
    assert "phone: nobody who serves it may work in 2 intervals, first Mon 2 Mar 09:00." in result.output


# --- pictures


@pytest.fixture(scope="module", params=EACH_SIZE)
def pages(request: pytest.FixtureRequest) -> dict[str, Figure]:
    scenario = centre(*SIZES[request.param])
    actual, needed = plan(scenario), baseline(scenario).requirement(scenario)
    return {
        "required": plans.required_and_scheduled(scenario, needed, actual.fresh.scheduled),
        "service": plans.service_before_and_after(actual),
        "cost": plans.cost_and_service(actual),
    }


def test_nothing_is_cut_off_and_no_text_lies_on_another(pages: dict[str, Figure]) -> None:
    for name, page in pages.items():
        page.draw_without_rendering()
        assert_readable(name, page, more_than=5)


def test_over_and_under_are_what_is_scheduled_less_what_is_required() -> None:
    run = centre(1, 1)
    agents, scheduled = np.zeros((1, 48), dtype=np.int64), np.zeros((1, 48))
    agents[0, 16:36], scheduled[0, 16:20], scheduled[0, 20:36] = 3, 5, 2
    requirement = Requirement("by hand", "team", ("team 0",), np.arange(48) * 1_800_000_000, agents, np.array([0.25]))
    top, bottom = plans.required_and_scheduled(run, requirement, scheduled).axes
    # 4 are required with shrinkage: 2 hours of 1 over, 8 of 2 under
    assert top.get_title(loc="right") == "over 2 h, under 16 h"

    def heights(area: Any, since: float, until: float) -> set[float]:
        """Of its two edges between these hours."""
        edges = area.get_paths()[0].vertices
        return set(edges[(since < edges[:, 0]) & (edges[:, 0] < until), 1])

    over, under = bottom.collections
    assert (heights(over, 8, 10), heights(over, 10, 18)) == ({0, 1}, {0})
    assert (heights(under, 8, 10), heights(under, 10, 18)) == ({0}, {0, -2})
    assert (heights(over, 0, 8), heights(under, 18, 24)) == ({0}, {0})


def test_frontier_is_the_best_of_what_costs_no_more() -> None:
    tried = np.array([[3, 0.1], [1, -0.2], [2, -0.3], [3, 0.3], [4, 0.3], [5, 0.4]])
    assert plans.frontier(tried).tolist() == [[1, -0.2], [3, 0.3], [5, 0.4]]
    assert len(plans.frontier(np.empty((0, 2)))) == 0


@pytest.mark.filterwarnings("error")
def test_pictures_without_targets_tries_or_cost_warn_of_nothing() -> None:
    """No target for a service level, so a page without panels, and nothing costs anything."""
    run = centre(1, 1)
    bare = plan(run)
    free = replace(bare.fresh, cost=0.0)
    bare = replace(
        bare, goals=bare.goals[-1:], tried=(), lower_bound=0.0, searched=free, fresh=free, today=free, baseline=free
    )
    drawn = plans.pages(baseline(run).requirement(run), bare.fresh.scheduled, run, bare)
    pages = [draw() for draw in drawn.values()]
    assert len(pages) == 3
    assert sum(not page.axes for page in pages) == 1
    assert all(picture(page).alt for page in pages)
