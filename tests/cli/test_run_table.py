"""What `ccsim run` prints: the answer, each judged target, one named clock a row, customers beside contacts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.tiny import ccsim

MAIL = """
name = "Line and mail"
start = 2026-03-02
days = 1
seed = 1
replications = 2
[queue.p]
channel = "phone"
title = "Hotline [all]"
volume = { per_hour = 20 }
transfer = [{ to = "m", share = 0.3 }]
[queue.m]
channel = "email"
title = "Mail"
open = "08:00-18:00"
clock = "business"
volume = { per_day = 50 }
service_level = "90% in 8h"
resolution_target = "1% in 20h"
[team.a]
skills = { p = 1, m = 2 }
shifts = [{ agents = 6, hours = "always" }]
cost_per_hour = 20
"""


def printed(folder: Path, *options: str) -> list[str]:
    file = folder / "mail.toml"
    file.write_text(MAIL)
    result = ccsim("run", file, "--out", folder / "out", "--no-charts", "--no-report", *options)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def block(lines: list[str], first: str) -> list[str]:
    """A row of the table: the line that begins so and the two below it."""
    at = next(i for i, line in enumerate(lines) if line.startswith(first))
    return lines[at : at + 3]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return printed(tmp_path_factory.mktemp("table"))


def test_the_answer_comes_first(lines: list[str]) -> None:
    assert lines[0] == "Line and mail"
    assert lines[1] == "Both targets are met."
    assert lines[2].startswith("Cost: 2,880")


def test_it_fits_a_screen_of_80_columns(lines: list[str]) -> None:
    assert max(len(line) for line in lines if not line.startswith("Results: ")) <= 80
    assert "…" not in "".join(lines)


def test_usual_targets_stand_beside_and_are_not_judged(lines: list[str]) -> None:
    phone = " ".join(block(lines, "Hotline [all]"))
    assert "usual 80 % in 20s" in phone
    assert "met" not in phone
    assert any(line.startswith("usual: the channel's own time, only shown") for line in lines)
    told = " ".join(" ".join(lines).split())
    assert re.search(r"\d values are assumed, neither in the file nor measured \([\w, ]+\): ccsim check lists", told)


def test_resolution_is_shown_with_its_time(lines: list[str]) -> None:
    _, second, third = block(lines, "Mail")
    assert "90 % in 8h: met" in second
    assert second.endswith("≥ 1 % in 20h")
    assert third.endswith(" met")


def test_a_row_has_one_clock_which_is_named(lines: list[str]) -> None:
    assert "business clock" in block(lines, "Mail")[2]
    assert "calendar clock" in block(lines, "Hotline")[2]


def test_the_total_does_not_mix_waits(lines: list[str], tmp_path: Path) -> None:
    total = [line for line in block(lines, "total") if "–" in line.split()]
    assert len(total) == 2  # ASA and percentile
    alone = printed(tmp_path, "--set", "queue.m.channel='phone'", "--set", "queue.m.clock='calendar'",
                    "--set", "queue.m.service_level='none'", "--set", "queue.m.resolution_target='none'")  # fmt: skip
    assert not [line for line in block(alone, "total") if "–" in line.split()]


def test_transfers_are_no_customers(lines: list[str]) -> None:
    """Three in ten callers go on to the mail desk, whose own customers write about fifty messages."""
    customers, contacts, _ = (
        int(line.replace("Mail", "").split()[0].replace(",", "")) for line in block(lines, "Mail")
    )
    assert customers < 80
    assert contacts > customers + 80


def test_contacts_that_no_level_counts_are_said(tmp_path: Path, lines: list[str]) -> None:
    """Mail comes round the clock and is taken from 08:00 to 18:00."""
    text = " ".join(
        printed(tmp_path, "--set", 'queue.m.outside_hours="reject"', "--set", "queue.m.volume={ per_hour = 2 }")
    )
    said = re.search(r"closing: Mail (\d+) of (\d+) +contacts a replication, which count in no", text)
    assert said
    assert 0 < int(said[1]) < int(said[2])
    assert not any("Rejected" in line for line in lines)


def test_undecided_contacts_are_said(tmp_path: Path) -> None:
    text = " ".join(printed(tmp_path, "--set", "drain='0s'"))
    assert "Undecided when the run ended, neither in time nor late: Mail" in text
    assert 'drain = "auto"' in text


def test_a_team_without_a_wage_is_not_shown_as_free(tmp_path: Path) -> None:
    lines = printed(tmp_path, "--set", "team.a.cost_per_hour=0")
    assert "Cost: – (no team has a cost_per_hour)" in lines
    assert next(line for line in lines if line.startswith("a  ")).split()[-1] == "–"
