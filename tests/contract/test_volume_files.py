"""A volume file may hold more days than the run, and its rows lie on one grid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.distributions.arrivals import HOUR
from ccsim.errors import ScenarioError
from ccsim.scenario.check import warnings
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.scenario.volumes import Interval
from ccsim.workload.customers import poisson_rate
from ccsim.workload.handle_time import factors_of
from ccsim.workload.unserved import unserved

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


def test_rows_of_days_do_not_tell_hours(tmp_path: Path) -> None:
    long = [f"2026-03-{day:02d},00:00,200" for day in range(2, 9)]
    result = [str(warning) for warning in warnings(scenario(tmp_path, long))]
    assert "queue.calls.volume.file: intervals of 1d; contacts come evenly within each, by night as by day" in result
    hours = [f"{MONDAY},{hour:02d}:00,20" for hour in range(8, 18)]
    assert not [one for one in warnings(scenario(tmp_path, hours)) if "evenly" in str(one)]


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
    "times", [("09:00", "10:30"), ("09:00", "12:00"), ("09:00", "09:45", "10:30"), ("09:00", "10:30", "12:00")]
)
def test_rows_between_which_others_may_lack_are_refused_unless_they_say_when_they_end(
    tmp_path: Path, times: tuple[str, ...]
) -> None:
    with pytest.raises(ScenarioError, match=r"volumes.csv:3: .* min after the row before it; .*as 09:00-") as refused:
        scenario(tmp_path, rows(MONDAY, *times))
    ends = refused.value.problems[0].allowed.rpartition("-")[2]
    (volume,) = (q.volume for q in scenario(tmp_path, rows(MONDAY, f"09:00-{ends}")).queue.values())
    assert volume is not None
    assert volume.length == (datetime.strptime(ends, "%H:%M").hour * 60 + int(ends[3:]) - 540) * 60_000_000


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


AUTUMN, SPRING = (
    {"start": date(2026, 10, 25), "timezone": "Europe/Rome"},
    {"start": date(2026, 3, 29), "timezone": "Europe/Rome"},
)


def night(*contacts: float, every: int = 30) -> list[str]:
    """Rows from midnight on, of both nights."""
    return [
        f"{top['start']},{minutes // 60:02}:{minutes % 60:02},{number:g}"
        for top in (SPRING, AUTUMN)
        for minutes, number in zip(range(0, 1440, every), contacts, strict=False)
    ]


def come(run: Scenario, step: float) -> list[float]:
    """Contacts to be expected in each step of so many hours, of the day."""
    rate = poisson_rate(run, "calls")
    edges = np.arange(0, rate.edges[-1] + 1, step * HOUR)
    return [round(float(part), 9) for part in np.diff(np.interp(edges, rate.edges.astype(float), rate.expected))]


def clock_changes(run: Scenario) -> list[str]:
    return [str(warning) for warning in unserved(run) if "volume.file" in str(warning)]


def test_rows_of_an_hour_that_comes_twice_are_spread_over_both(tmp_path: Path) -> None:
    """And all that the file has comes, each at the times at which the clock shows its interval."""
    run = scenario(tmp_path, night(1, 2, 3, 4, 50, 60, 7, 8), **AUTUMN)
    assert come(run, 0.5)[:10] == [1, 2, 3, 4, 25, 30, 25, 30, 7, 8]
    assert sum(come(run, 0.5)) == 135
    (warning,) = clock_changes(run)
    assert "110 contacts in rows of 2026-10-25 02:00 to 03:00, which comes twice in Europe/Rome" in warning


def test_rows_that_come_twice_with_the_hour_are_added_up(tmp_path: Path) -> None:
    """As an export has them; a third one, and one of an hour that comes once, is refused."""
    rows = night(1, 2, 3, 4, 20, 30, 7, 8)[8:]
    twice = [*rows[:6], rows[4].replace(",20", ",30"), rows[5], *rows[6:]]
    assert come(scenario(tmp_path, twice, **AUTUMN), 0.5)[:10] == [1, 2, 3, 4, 25, 30, 25, 30, 7, 8]
    for again in (rows[4], rows[3]):
        with pytest.raises(ScenarioError, match=r"2026-10-25 0[12]:[03]0 a second time; expected each interval"):
            scenario(tmp_path, [*twice, again], **AUTUMN)


def test_handle_times_of_rows_added_up_are_weighted_by_contacts() -> None:
    first, second = Interval(datetime(2026, 10, 25, 2), 1, 200.0), Interval(datetime(2026, 10, 25, 2), 3, 400.0)
    assert first.plus(second) == (first.start, 4, 350.0)
    assert first.plus(second._replace(handle_time=None)) == (first.start, 4, 200.0)


def test_rows_of_an_hour_that_is_skipped_do_not_come_and_are_said(tmp_path: Path) -> None:
    run = scenario(tmp_path, night(1, 2, 3, 4, 50, 60, 7, 8), volume={"scale": 2.0}, **SPRING)
    assert come(run, 0.5)[:6] == [2, 4, 6, 8, 14, 16]
    assert sum(come(run, 0.5)) == 50
    (warning,) = clock_changes(run)
    assert "220 contacts in rows of 2026-03-29 02:00 to 03:00, which the clock skips in Europe/Rome" in warning


@pytest.mark.parametrize(("top", "hours"), [(AUTUMN, 25), (SPRING, 23)])
@pytest.mark.parametrize("every", [240, 1440])
def test_longer_rows_keep_their_contacts_and_end_on_the_clock(
    tmp_path: Path, top: dict[str, Any], hours: int, every: int
) -> None:
    numbers = [100.0] * (1440 // every)
    times = ["00:00-04:00", "04:00-08:00", "08:00-12:00", "12:00-16:00", "16:00-20:00", "20:00-24:00"]
    times = times if every == 240 else ["00:00-24:00"]
    run = scenario(tmp_path, [f"{top['start']},{time},100" for time in times], **top)
    by_hour = come(run, 1)
    assert len(by_hour) == hours
    first = (every // 60) + hours - 24
    assert by_hour == pytest.approx([100 / first] * first + [100 * 60 / every] * (hours - first))
    assert sum(by_hour) == pytest.approx(sum(numbers))


def test_an_hour_that_comes_twice_without_rows_is_said(tmp_path: Path) -> None:
    every = [row for row in night(*[5] * 10) if ",02:" not in row]
    (warning,) = clock_changes(scenario(tmp_path, every, **AUTUMN))
    assert "no row of 2026-10-25 02:00 to 03:00, which comes twice in Europe/Rome; nobody comes then" in warning
    assert clock_changes(scenario(tmp_path, every, **SPRING)) == []


def test_a_week_to_be_copied_has_no_more_of_an_hour_that_is_skipped(tmp_path: Path) -> None:
    week = [f"2026-03-{day:02},02:{minutes},10" for day in range(2, 9) for minutes in ("00", "30")]
    (tmp_path / "volumes.csv").write_text("\n".join(["date,time,calls", *week]) + "\n")
    volume = {"file": "volumes.csv", "column": "calls", "copy_week": date(2026, 3, 2)}
    run = parse(
        {
            "start": date(2026, 3, 28), "days": 3, "timezone": "Europe/Rome",
            "queue": {"calls": {"channel": "phone", "volume": volume}},
            "team": {"desk": {"skills": {"calls": 1}, "shifts": [{"agents": 2, "hours": "always"}]}},
        },
        tmp_path,
    )  # fmt: skip
    assert sum(come(run, 0.5)) == 40
    assert len(clock_changes(run)) == 1


def test_only_skipped_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="all in an hour that the clock skips"):
        scenario(tmp_path, ["2026-03-29,02:00,10"], **SPRING)


def test_handle_times_of_an_hour_that_comes_twice_hold_in_both(tmp_path: Path) -> None:
    (tmp_path / "volumes.csv").write_text(
        "date,time,calls,calls.aht\n2026-10-25,01:30,1,100\n2026-10-25,02:00,1,200\n2026-10-25,02:30,1,300\n"
        "2026-10-25,03:00,1,400\n"
    )
    queue = {"channel": "phone", "work": "100s", "wrap_up": "0s", "volume": {"file": "volumes.csv", "column": "calls"}}
    run = parse(
        {
            "days": 1, **AUTUMN, "queue": {"calls": queue},
            "team": {"desk": {"skills": {"calls": 1}, "shifts": [{"agents": 2, "hours": "always"}]}},
        },
        tmp_path,
    )  # fmt: skip
    times = np.arange(1, 5.5, 0.5) * HOUR + 1
    assert factors_of(run)["work"][0].at(times.astype(np.int64)).tolist() == [1, 1, 2, 3, 2, 3, 4, 1, 1]
