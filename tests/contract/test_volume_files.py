"""A volume file may hold more days than the run, and its rows lie on one grid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ccsim.errors import ScenarioError
from ccsim.scenario.check import warnings
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse

MONDAY = "2026-03-02"


def scenario(folder: Path, rows: Sequence[str], **top: Any) -> Scenario:
    (folder / "volumes.csv").write_text("\n".join(["date,time,calls", *rows]) + "\n")
    raw = {
        "start": date(2026, 3, 2),
        "days": 1,
        **top,
        "queue": {"calls": {"channel": "phone", "volume": {"file": "volumes.csv", "column": "calls"}}},
        "team": {
            "desk": {"skills": {"calls": 1}, "shifts": [{"agents": 2, "days": "mon-sun", "hours": "08:00-18:00"}]}
        },
    }
    return parse(raw, folder)


def rows(day: str, *times: str) -> list[str]:
    return [f"{day},{time},10" for time in times]


def test_the_run_slides_over_a_longer_file(tmp_path: Path) -> None:
    days = ["2026-03-01", MONDAY, "2026-03-03"]
    every = [row for day in days for row in rows(day, "09:00", "09:30", "10:00")]
    for start in (1, 2, 3):
        run = scenario(tmp_path, every, start=date(2026, 3, start))
        volume = run.queue["calls"].volume
        assert volume is not None
        assert [interval.start.date() for interval in volume.intervals] == [date(2026, 3, start)] * 3
        assert any(
            str(warning).startswith("queue.calls.volume.file: 6 intervals outside the days of the run")
            for warning in warnings(run)
        )


def test_days_for_which_a_longer_file_has_no_row_are_said(tmp_path: Path) -> None:
    every = rows("2026-03-01", "09:00", "09:30") + rows(MONDAY, "09:00", "09:30")
    result = [warning.value for warning in warnings(scenario(tmp_path, every, days=3))]
    assert "no row for 2 of the run's 3 days, the first 2026-03-03" in result


def test_a_file_of_other_days_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"2 intervals outside the days of the run.*none is within"):
        scenario(tmp_path, rows("2026-04-01", "09:00", "09:30"))


@pytest.mark.parametrize(
    ("times", "line"),
    [
        (("09:00", "09:30", "10:01", "10:30"), 4),  # a slip
        (("09:00", "09:15", "09:30", "09:45", "10:00", "10:30", "11:00", "11:30"), 8),  # 15 minutes, then 30
        (("08:00", "08:30", "09:00", "09:15", "09:30", "10:00", "10:30", "11:00"), 5),  # a stretch of 15 minutes
    ],
)
def test_uneven_rows_are_refused_by_their_line(tmp_path: Path, times: tuple[str, ...], line: int) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario(tmp_path, rows(MONDAY, *times))
    assert refused.value.problems[0].path == f"volumes.csv:{line}"


@pytest.mark.parametrize(
    ("times", "minutes"),
    [
        (("08:00-09:00",), 60),
        (("08:00-08:30", "12:00-12:30"), 30),
        (("08:00 - 08:14", "08:15 - 08:29", "12:00 - 12:14"), 15),
        (("23:00-23:30", "23:30-00:00"), 30),
        (("09:00-09:15", "09:30-09:45", "10:00-10:15"), 15),
        (("22:00-22:59:59",), 60),
    ],
)
def test_intervals_are_as_long_as_they_say(tmp_path: Path, times: tuple[str, ...], minutes: int) -> None:
    volume = scenario(tmp_path, rows(MONDAY, *times)).queue["calls"].volume
    assert volume is not None
    assert volume.length == minutes * 60 * 1_000_000


@pytest.mark.parametrize(
    ("times", "line"),
    [
        (("08:00-08:30", "08:30-09:00", "09:00-10:00"), 4),  # half hours, then an hour
        (("08:00-08:30", "08:15-08:45"), 3),  # one in the other
        (("08:00-08:30", "08:40-09:10"), 3),  # off the grid
    ],
)
def test_ends_of_intervals_are_not_passed_over(tmp_path: Path, times: tuple[str, ...], line: int) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario(tmp_path, rows(MONDAY, *times))
    assert [problem.path for problem in refused.value.problems] == [f"volumes.csv:{line}"]


def test_rows_may_be_missing(tmp_path: Path) -> None:
    volume = scenario(tmp_path, rows(MONDAY, "09:00", "09:30", "10:30", "11:00", "14:00")).queue["calls"].volume
    assert volume is not None
    assert volume.length == 30 * 60 * 1_000_000
    assert len(volume.intervals) == 5
