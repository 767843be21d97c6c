"""Shifts and patterns have names, which paths of overrides, variants and sweeps use."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccsim.errors import ScenarioError
from ccsim.scenario import read
from ccsim.scenario.faults import FaultError

CENTRE = """
start = 2026-03-02
days = 1
[queue.calls]
channel = "phone"
open = "08:00-20:00"
volume = { per_day = 10 }
[team.front]
skills = { calls = 1 }
shifts = [
  { name = "early", agents = 1, hours = "08:00-14:00" },
  { name = "late", agents = 2, hours = "14:00-20:00", breaks = [{ length = "30min", between = "16:00-18:00" }] },
]
[[staffing.patterns]]
team = "front"
name = "all day"
hours = "08:00-20:00"
"""


def load(folder: Path, *overrides: str, text: str = CENTRE):  # type: ignore[no-untyped-def]
    (file := folder / "centre.toml").write_text(text)
    return read.load(file, overrides=overrides)


def test_an_override_names_the_shift(tmp_path: Path) -> None:
    result = load(tmp_path, "team.front.shifts.late.agents=5", "team.front.shifts.0.agents=3")
    assert [shift.agents for shift in result.team["front"].shifts] == [3, 5]
    assert load(tmp_path, 'staffing.patterns."all day".max=4').staffing.patterns[0].max == 4
    assert load(tmp_path, "team.front.shifts.late.breaks.0.at_most=1").team["front"].shifts[1].breaks[0].at_most == 1


def test_a_misspelt_name_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        load(tmp_path, "team.front.shifts.lat.agents=5")
    (problem,) = refused.value.problems
    assert "no item lat in team.front.shifts" in problem.value
    assert 'did you mean "late"?' in problem.allowed
    with pytest.raises(FaultError):
        read.assign({"team": {"a": {"shifts": [{"agents": 1}]}}}, "team.a.shifts.late.agents", 1)


@pytest.mark.parametrize("name", ["early", "7", "a\\nb"])
def test_names_differ_and_are_no_numbers(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        load(tmp_path, text=CENTRE.replace('"late"', f'"{name}"'))
    assert [problem.path for problem in refused.value.problems] == ["team.front.shifts.1.name"]


def test_teams_may_use_the_same_name(tmp_path: Path) -> None:
    back = '[team.back]\nskills = { calls = 1 }\nshifts = [{ name = "early", agents = 1, hours = "08:00-14:00" }]\n'
    result = load(tmp_path, "team.back.shifts.early.agents=4", text=CENTRE + back)
    assert [team.shifts[0].agents for team in result.team.values()] == [1, 4]
