"""No column or row of a roster is ignored in silence, and nobody is in two teams at once unseen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ccsim.errors import ScenarioError
from ccsim.scenario.check import warnings
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.scenario.spans import run_days, staffed_hours


def scenario(folder: Path, **files: str) -> Scenario:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    calls = {"channel": "phone", "open": "08:00-18:00", "volume": {"per_day": 10}}
    teams = {name: {"skills": {"calls": 1}, "roster": {"file": f"{name}.csv"}} for name in files}
    return parse({"start": date(2026, 3, 2), "days": 2, "queue": {"calls": calls}, "team": teams}, folder)


def test_activities_are_off_the_contacts(tmp_path: Path) -> None:
    text = "agent,date,start,end,breaks,activities\nada,2026-03-02,08:00,16:00,12:00-12:30,09:00-10:00;13:00-14:30\n"
    team = (run := scenario(tmp_path, desk=text)).team["desk"]
    assert staffed_hours(team, run_days(run)) == 8 - 0.5 - 1 - 1.5


@pytest.mark.parametrize(
    ("column", "meant"), [("break", "breaks"), ("Activity", "activities"), ("activites", "activities")]
)
def test_a_column_that_looks_like_ours_is_refused(tmp_path: Path, column: str, meant: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario(tmp_path, desk=f"agent,date,start,end,{column}\nada,2026-03-02,08:00,16:00,\n")
    (problem,) = refused.value.problems
    assert (problem.path, meant in problem.allowed) == ("desk.csv:1", True)


def test_what_nothing_reads_is_named(tmp_path: Path) -> None:
    run = scenario(tmp_path, desk="agent,date,start,end,skill group\nada,2026-03-02,08:00,16:00,x\n")
    assert "desk.csv: columns that are not used: skill group; left out" in [str(one) for one in warnings(run)]


def test_rows_outside_the_run_are_counted(tmp_path: Path) -> None:
    run = scenario(tmp_path, desk="agent,date,start,end\nada,2026-03-02,08:00,16:00\nbob,2025-03-02,08:00,16:00\n")
    assert any("1 shifts outside the days of the run, the first on 2025-03-02" in str(one) for one in warnings(run))


def test_names_that_may_be_one_persons_are_named(tmp_path: Path) -> None:
    rows = "agent,date,start,end\nAda,2026-03-02,08:00,12:00\nbob,2026-03-02,08:00,12:00\nADA ,2026-03-02,12:00,16:00\n"
    said = [str(one) for one in warnings(scenario(tmp_path, desk=rows)) if "two agents" in str(one)]
    assert said == ["team.desk.roster.file: 'Ada' and 'ADA'; counted as two agents"]


def test_a_night_that_may_be_a_day_exchanged_is_named(tmp_path: Path) -> None:
    rows = "agent,date,start,end\nada,2026-03-02,22:00,07:00\nbob,2026-03-02,08:00,24:00\neve,2026-03-02,17:00,09:00\n"
    run = scenario(tmp_path, desk=rows)
    (said,) = (str(one) for one in warnings(run) if "over midnight" in str(one))
    assert said == (
        "team.desk.roster.file: 1 shifts of more than 14h over midnight, the first of eve on 2026-03-02: 17:00-09:00; "
        "worked like that"
    )


def test_nobody_is_in_two_teams_at_once_unseen(tmp_path: Path) -> None:
    morning = "agent,date,start,end\nada,2026-03-02,08:00,12:00\n"
    both = scenario(tmp_path, desk=morning, back="agent,date,start,end\nada,2026-03-02,11:00,15:00\n")
    assert any("ada is in desk and in back on 2026-03-02 at 11:00" in str(one) for one in warnings(both))
    after = scenario(tmp_path, desk=morning, back="agent,date,start,end\nada,2026-03-02,12:00,15:00\n")
    long_ago = morning.replace("2026", "2025")
    row, other = long_ago.splitlines()[1], "bob,2026-03-02,08:00,12:00"
    before = scenario(tmp_path, desk=morning + row, back=f"{long_ago}{other}\n")
    assert not any("ada is in" in str(one) for run in (after, before) for one in warnings(run))
