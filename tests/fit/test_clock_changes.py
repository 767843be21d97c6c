"""A centre that works through the night of a clock change can be fitted over it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ccsim.cli import main
from ccsim.distributions.arrivals import HOUR
from ccsim.logs.from_ccsim import read_own
from ccsim.logs.mapping import Mapping, mapping
from ccsim.logs.readers import read, read_all
from ccsim.logs.repeated_hour import TWICE
from ccsim.runs.run import run_to_folder
from ccsim.scenario import read as scenarios
from ccsim.scenario.read import load
from ccsim.workload.customers import poisson_rate

HEADER = "contact,queue,arrival,answer,end,agent,outcome\n"


def night(folder: Path, first_hour: str, date: str) -> Path:
    """Round the clock for two days of together 49 hours, a call every ten minutes."""
    at = pd.date_range(f"{date}T{first_hour}:00Z", periods=294, freq="10min")
    rows = [
        f"{number},night,{moment:%Y-%m-%dT%H:%M:%SZ},{moment:%Y-%m-%dT%H:%M}:05Z,{moment:%Y-%m-%dT%H:%M}:45Z,"
        f"bo{number % 3},answered\n"
        for number, moment in enumerate(at)
    ]
    (folder / "night.csv").write_text(HEADER + "".join(rows))
    return folder / "night.csv"


@pytest.mark.parametrize(
    ("zone", "date", "first_hour"),
    [("Europe/Rome", "2026-10-23", "22"), ("America/New_York", "2026-10-31", "04")],
)
def test_contacts_of_the_repeated_hour_of_autumn(zone: str, date: str, first_hour: str, tmp_path: Path) -> None:
    log = night(tmp_path, first_hour, date)
    done = CliRunner().invoke(
        main, ["fit", str(log), "--mapping", "calls", "--timezone", zone, "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    scenario = load(tmp_path / "out" / "scenario.toml")
    volumes = (tmp_path / "out" / "volumes.csv").read_text().splitlines()[1:]
    assert sum(float(line.split(",")[2]) for line in volumes) == pytest.approx(294, rel=0.01)
    assert scenario.timezone == zone
    assert "came in the hour that the clock repeats" in done.output
    # calls come in both of them, as many in each and as in other hours
    rate = poisson_rate(scenario, "night")
    first = 25 if zone == "America/New_York" else 26
    both = np.diff(np.interp(np.arange(first, first + 3) * HOUR, rate.edges.astype(float), rate.expected))
    assert both[0] == pytest.approx(both[1])
    assert both[0] == pytest.approx(6, rel=0.03)


def test_a_single_contact_in_the_repeated_hour(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        HEADER + "7,x,2026-10-25 00:40:00Z,2026-10-25 00:40:08Z,2026-10-25 00:44:00Z,bo,answered\n"
        "8,x,2026-10-25 10:40:00Z,2026-10-25 10:40:08Z,2026-10-25 10:44:00Z,bo,answered\n"
    )
    arguments = ["fit", str(tmp_path / "log.csv"), "--mapping", "calls", "--timezone", "Europe/Berlin"]
    done = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert load(tmp_path / "out" / "scenario.toml").days == 1


def test_a_call_through_the_skipped_hour_of_spring(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        HEADER + "7,x,2026-03-29 00:50:00Z,2026-03-29 00:50:08Z,2026-03-29 01:10:00Z,bo,answered\n"
    )
    arguments = ["fit", str(tmp_path / "log.csv"), "--mapping", "calls", "--timezone", "Europe/Rome"]
    done = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("stamp", "number"), [("", 2), ("Z", 0), ("+02:00", 0), ("+0100", 0)])
def test_times_that_come_twice_are_counted_unless_they_say_their_offset(
    tmp_path: Path, stamp: str, number: int
) -> None:
    hour = "00:4" if stamp == "Z" else "02:4"
    times = ",".join(f"2026-10-25 {clock}{stamp}" for clock in (f"{hour}0:00", f"{hour}8:00", "09:44:00"))
    (tmp_path / "log.csv").write_text(HEADER + f"7,x,{times},bo,answered\n")
    reading = read(tmp_path / "log.csv", mapping("calls").model_copy(update={"timezone": "Europe/Berlin"}))
    assert reading.mended.get(TWICE, 0) == number


def test_in_utc_a_shift_by_clock_times_ends_on_the_next_day_as_the_clock_shows_it(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("agent,day,start,end\nbo,2026-10-24,22:00,06:00\n")
    columns: dict[str, tuple[str, ...]] = {name: (name,) for name in ("agent", "start", "end")}
    how = Mapping(kind="rosters", columns=columns, date="day", timezone="Europe/Berlin")
    for zone, ends in (("Europe/Berlin", "05:00"), (None, "06:00")):
        rosters = read_all([tmp_path / "roster.csv"], [how], zone=zone).rosters
        assert rosters is not None
        assert rosters["end"].tolist() == [pd.Timestamp(f"2026-10-25 {ends}")]


def test_replications_beyond_a_change_have_the_hours_of_the_first(tmp_path: Path) -> None:
    """Those of a day queue that opens at nine come from nine on, in each week that a replication is laid into."""
    doc = {
        "name": "Nine", "start": pd.Timestamp("2026-10-19").date(), "days": 1, "timezone": "Europe/Berlin",
        "seed": 5, "replications": 2,
        "queue": {"x": {"channel": "phone", "open": "09:00-17:00", "volume": {"per_day": 400}, "work": "1m"}},
        "team": {"t": {"skills": {"x": 1}, "shifts": [{"agents": 3, "hours": "09:00-17:00"}]}},
    }  # fmt: skip
    folder = run_to_folder(tmp_path, scenarios.parse(doc), log="all", engine="compiled")[1]
    contacts = read_own(folder).contacts
    assert contacts is not None
    first = contacts.groupby(contacts["arrival"].dt.date)["arrival"].min()
    assert [(moment.day, moment.hour) for moment in first] == [(19, 9), (26, 9)]
