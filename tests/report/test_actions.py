"""What would help: more agents in the worst hours, the skill for an idle team, each with its effect as simulated."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccsim.report.actions import Action, stored, write
from ccsim.report.findings import findings
from ccsim.runs.run import run
from ccsim.scenario.read import load
from ccsim.staffing.actions import actions
from tests.report.test_findings import simulated


def test_what_was_tried_has_the_effect_that_a_run_has() -> None:
    results = simulated(agents={"mon": 9, "tue": 2, "wed": 9}, phone={"patience": "never"})
    tried = {action.change: action for action in actions(results)}
    (more,) = [change for change in tried if "more agents" in change]
    assert ", tue" in more
    assert "Team writers also serves calls" in tried
    for action in tried.values():
        assert (action.queue, action.metric, action.wanted) == ("calls", "service_level", 0.8)
        assert action.low <= action.difference <= action.high
        assert action.difference > 0
    again = run(results.scenario, engine="simpy").estimate("queue", "calls", "service_level")
    assert again is not None
    for action in tried.values():
        assert action.mean - action.difference == pytest.approx(again.mean)
    lines = findings(results, list(tried.values()))[0].lines
    assert lines[0].startswith(next(iter(tried)))
    assert "points" in lines[0]


def test_nothing_is_tried_where_all_is_met() -> None:
    assert actions(simulated()) == ()


def test_sentences_and_files(tmp_path: Path) -> None:
    made = Action("calls", "2 more agents 10:00–12:00 on team a", "service_level", 0.8, 0.781, 0.031, 0.02, 0.042, 240)
    assert made.sentence("EUR") == (
        "2 more agents 10:00–12:00 on team a: service level +3.1 points (+2.0 to +4.2), to 78.1 %; cost 240 EUR more."
    )
    write(tmp_path, [made])
    assert stored(tmp_path) == (made,)
    write(tmp_path / "none", [])
    assert stored(tmp_path / "none") == ()


def test_a_team_with_a_roster_gets_help_from_a_team_like_it(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(
        "agent,date,start,end\nAnn,2026-03-02,08:00,16:00\nBob,2026-03-02,08:00,12:00\n", encoding="utf-8"
    )
    file = tmp_path / "desk.toml"
    file.write_text(
        """
        start = 2026-03-02
        days = 1
        replications = 5
        [queue.calls]
        channel = "phone"
        open = "08:00-16:00"
        volume = { per_day = 150, shape = "flat" }
        service_level = "80/20"
        [team.desk]
        skills = { calls = 1 }
        roster = { file = "roster.csv" }
        """,
        encoding="utf-8",
    )
    (more,) = actions(run(load(file), engine="simpy"))
    assert "on team desk" in more.change
    assert more.difference > 0


def test_of_many_idle_teams_the_three_with_most_hours_to_spare_are_tried(tmp_path: Path) -> None:
    idle = "".join(
        f"""
        [team.idle{i}]
        skills = {{ mail = 1 }}
        shifts = [{{ agents = {i + 1}, hours = "08:00-16:00" }}]
        """
        for i in range(5)
    )
    (tmp_path / "desk.toml").write_text(
        f"""
        days = 1
        replications = 2
        [queue.calls]
        channel = "phone"
        volume = {{ per_hour = 40 }}
        service_level = "80/20"
        [queue.mail]
        channel = "email"
        volume = {{ per_day = 1 }}
        {idle}
        [team.desk]
        skills = {{ calls = 1 }}
        shifts = [{{ agents = 1, hours = "08:00-16:00" }}]
        """,
        encoding="utf-8",
    )
    tried = {action.change for action in actions(run(load(tmp_path / "desk.toml"), engine="compiled"))}
    assert {change for change in tried if "serves" in change} == {f"Team idle{i} also serves calls" for i in (2, 3, 4)}
