"""What a plan of one week does not have: contacts that the week before has left."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ccsim.scenario import read
from ccsim.staffing.baseline import on_duty
from ccsim.staffing.carry_over import carried_over
from tests.cli.tiny import ccsim

MAIL = """
start = 2026-03-02
days = 7
replications = 2
[queue.email]
channel = "email"
open = { mon-fri = "08:00-18:00" }
volume = { per_day = 100 }
turns = 1
service_level = "80% in 4h"
clock = "business"
[team.front]
skills = { email = 1 }
shifts = [{ agents = 3, days = "mon-fri", hours = "08:00-18:00" }]
[staffing]
patterns = [{ team = "front", days = "mon-fri", hours = "08:00-18:00" }]
"""


def said(changes: dict[str, Any]) -> list[str]:
    scenario = read.changed(read.parse(tomllib.loads(MAIL)), changes)
    return list(carried_over(scenario, on_duty(scenario) > 0, scenario.days))


@pytest.mark.parametrize("hours", [{"mon-fri": "08:00-18:00"}, "always"])
def test_the_mail_of_a_weekend_is_named(hours: Any) -> None:
    """Also where the queue is open at the weekend with nobody there; 225 of 700 come from Friday 18:00 on."""
    (line,) = said({"queue.email.open": hours})
    assert line.startswith("email: nobody serves it from Fri 6 Mar 18:00 on, when about 225 of its 700 contacts come.")


@pytest.mark.parametrize(
    "changes",
    [
        {"days": 14},
        {"queue.email.initial_backlog": {"contacts": 225, "age": "1d"}},
        {"queue.email.outside_hours": "reject"},
        {"queue.email.open": "always", "team.front.shifts.0.days": "mon-sun", "team.front.shifts.0.hours": "always"},
    ],
)
def test_where_nothing_is_left_over_nothing_is_said(changes: dict[str, Any]) -> None:
    assert said(changes) == []


@pytest.mark.parametrize("method", ["erlang", "requirement", "shifts"])
def test_every_method_says_so(tmp_path: Path, method: str) -> None:
    (tmp_path / "mail.toml").write_text(MAIL)
    record = json.loads(ccsim("staff", tmp_path / "mail.toml", "--method", method, "--json").stdout)
    assert sum("nobody serves it from Fri 6 Mar 18:00 on" in warning for warning in record["warnings"]) == 1
