"""How long a run goes on by itself: until every deadline has passed by the clock of its queue, and a day at least."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli_w
from click.testing import CliRunner

from ccsim.cli import main
from ccsim.lowering import lower
from ccsim.scenario import check, read
from ccsim.scenario.model import Scenario
from ccsim.tables import SECOND

HOUR = 3600 * SECOND
WEEK = {"mon-fri": "08:00-18:00"}


def centre(days: int = 6, start: str = "2026-11-09", drain: Any = None, **queue: Any) -> Scenario:
    """Mail from Monday on, by default until Saturday; its targets are those that `queue` names."""
    mail = {
        "channel": "email", "open": WEEK, "volume": {"per_day": 20}, "work": "1m", "turns": 1, "clock": "business",
        "service_level": "none", "resolution_target": "none", **queue,
    }  # fmt: skip
    team = {"skills": {"mail": 1}, "shifts": [{"agents": 1, "days": "mon-fri", "hours": "08:00-18:00"}]}
    doc = {"start": start, "days": days, "queue": {"mail": mail}, "team": {"desk": team}}
    return read.parse(doc if drain is None else doc | {"drain": drain})


def drained(scenario: Scenario) -> float:
    """Hours after the last day, as the engines see it."""
    plan, _ = lower(scenario)
    return (plan.drain_end - plan.end) / HOUR


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 24),  # nothing is measured against a time: a day
        ({"service_level": "90% in 8h"}, 24 + 8 + 8),  # all Sunday, and Monday until 16:00
        ({"service_level": "90% in 10h"}, 24 + 18),
        ({"service_level": "90% in 11h"}, 2 * 24 + 9),
        ({"service_level": "90% in 1h", "resolution_target": "90% in 8h"}, 24 + 8 + 8),
        ({"service_level": "90% in 1h", "reply_target": "90% in 8h"}, 24 + 8 + 8),
        ({"service_level": "90% in 8h", "clock": "calendar"}, 24),
        ({"service_level": "90% in 30h", "clock": "calendar"}, 30),
        ({"service_level": "90% in 2h", "open": "always"}, 24),
        ({"service_level": "90% in 30h", "open": "always"}, 30),
        ({"service_level": "90% in 11h", "open": {"mon-fri": ["08:00-12:00", "13:00-19:00"]}}, 2 * 24 + 9),
        # open until 2:00 on the night after the last day
        ({"service_level": "90% in 3h", "open": {"mon-sun": "17:00-02:00"}}, 24),
        ({"service_level": "90% in 12h", "open": {"mon-sun": "17:00-02:00"}}, 24 + 18),
    ],
)
def test_auto_goes_on_until_every_deadline_has_passed(changes: dict[str, Any], expected: float) -> None:
    assert drained(centre(**changes)) == expected


def test_a_given_time_stays() -> None:
    assert drained(centre(drain="1h", service_level="90% in 8h")) == 1


def test_channels_usual_targets_count() -> None:
    """E-mail is measured against 24 h until it is resolved, whether or not the file wants so."""
    assert drained(centre(clock="calendar", days=5, resolution_target="95% in 40h")) == 40
    scenario = read.parse({**centre().raw, "queue": {"mail": {"channel": "email", "open": WEEK, "clock": "business"}}})
    assert drained(scenario) == 24 + 2 * 24 + 12  # 24 h of open hours from Monday on: until 12:00 on Wednesday


def test_a_clock_that_stops_does_not_keep_the_run_going() -> None:
    scenario = centre(service_level="90% in 8h", open={"2026-11-09": "08:00-18:00"})
    assert drained(scenario) == 24
    assert "queue.mail: whoever waits when the run ends is not late within 366 days" in warned(scenario)


def warned(scenario: Scenario) -> str:
    return "\n".join(map(str, check.warnings(scenario)))


def test_check_warns_of_a_drain_that_is_too_short() -> None:
    scenario = centre(drain="1d", service_level="90% in 8h")
    assert "drain: 1d: whoever waits for mail when it ends may count as undecided" in warned(scenario)
    assert '"auto", or at least 1d16h' in warned(scenario)
    for enough in ("40h", "auto"):
        assert "undecided" not in warned(centre(drain=enough, service_level="90% in 8h"))


def test_a_day_of_another_length() -> None:
    """The clocks go back in the night to 25 October: 9:00 is ten hours after the midnight before it."""
    scenario = read.parse(centre(1, "2026-10-24", service_level="90% in 30h", open="08:00-18:00").raw)
    assert drained(scenario) == 2 * 24 + 18
    scenario = read.parse({**scenario.raw, "timezone": "Europe/Rome"})
    assert drained(scenario) == 2 * 24 + 19


@pytest.mark.parametrize(("drain", "undecided", "level"), [("1d", True, 1.0), ("3d", False, 1.0), ("auto", False, 1.0)])
def test_mail_of_the_last_day_is_not_missed_in_silence(drain: str, undecided: bool, level: float) -> None:
    """Mail of Saturday, when nobody is there, is answered on Monday morning: in time by the open hours."""
    from ccsim.runs.run import run

    raw = centre(drain=drain, service_level="90% in 8h", outside_hours="hold").raw
    results = run(read.parse({**raw, "replications": 3}), engine="compiled")
    service, left = (results.estimate("queue", "mail", name) for name in ("service_level", "undecided"))
    assert service is not None
    assert service.mean == level
    assert (left is not None and left.mean > 10) == undecided


def test_a_roster_that_ends_with_the_run_is_named(tmp_path: Path) -> None:
    """Mail of the last day has until Monday, and nobody is on the roster then: what is late for that is said to be."""
    rows = "agent,date,start,end\n" + "".join(f"Ann,2026-11-{day:02d},08:00,18:00\n" for day in range(9, 14))
    scenario = centre(service_level="90% in 8h")
    raw = scenario.raw | {"team": {"desk": {"skills": {"mail": 1}, "roster": {"file": "roster.csv"}}}}
    (tmp_path / "roster.csv").write_text(rows)
    ends = read.parse(raw, tmp_path)
    assert "team.desk.roster: nobody who serves mail is rostered from 2026-11-15 on" in warned(ends)
    (tmp_path / "mail.toml").write_text(tomli_w.dumps(raw))
    done = CliRunner().invoke(main, ["run", str(tmp_path / "mail.toml"), "--replications", "1", "--json"])
    assert "nobody who serves mail is rostered from 2026-11-15 on" in done.stderr, "the run says it, too"
    (tmp_path / "roster.csv").write_text(rows + "Ann,2026-11-16,08:00,18:00\n")
    assert "rostered" not in warned(read.parse(raw, tmp_path))
    assert "rostered" not in warned(scenario)
