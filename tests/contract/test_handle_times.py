"""Handle times by interval and time of day, weeks copied and volumes scaled: what goes in, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from ccsim.errors import ScenarioError
from ccsim.scenario.check import warnings
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.scenario.spans import contacts, work_offered
from ccsim.workload.handle_time import handle_times
from tests.cli.tiny import ccsim

MONDAY = date(2026, 3, 2)
ROWS = "date,time,calls,calls.aht\n2026-03-02,09:00,10,0:05:00\n2026-03-02,09:30,20,600\n2026-03-02,10:00,20,\n"


def document(queue: dict[str, Any], **top: Any) -> dict[str, Any]:
    calls = {
        "channel": "phone",
        "volume": {"file": "volumes.csv", "column": "calls"},
        "work": {"dist": "exponential", "mean": "4m"},
        "wrap_up": "60s",
    }
    return {
        "start": MONDAY,
        "days": 1,
        "queue": {"calls": calls | queue},
        "team": {"desk": {"skills": {"calls": 1}, "shifts": [{"agents": 9, "hours": "always"}]}},
        **top,
    }


def scenario(folder: Path, text: str = ROWS, queue: dict[str, Any] | None = None, **top: Any) -> Scenario:
    (folder / "volumes.csv").write_text(text)
    return parse(document(queue or {}, **top), folder)


def refused(folder: Path, text: str = ROWS, queue: dict[str, Any] | None = None, **top: Any) -> str:
    with pytest.raises(ScenarioError) as wrong:
        scenario(folder, text, queue, **top)
    (problem,) = wrong.value.problems
    return str(problem)


def test_a_column_of_handle_times(tmp_path: Path) -> None:
    run = scenario(tmp_path)
    volume = run.queue["calls"].volume
    assert volume is not None
    assert [row.handle_time for row in volume.intervals] == [300, 600, None]
    expected = (10 * 300 + 20 * 600 + 20 * 300) / 50
    assert work_offered(run, "calls")[MONDAY] == pytest.approx(50 * expected)
    assert handle_times(run)["calls"] == pytest.approx((300, expected, 300, 600))
    result = [str(one) for one in warnings(run)]
    assert any(
        "no handle time in 1 of 3 intervals with contacts, the first at 2026-03-02 10:00" in one for one in result
    )
    assert not any("not used" in one for one in result)


def test_check_prints_the_implied_handle_time(tmp_path: Path) -> None:
    (tmp_path / "volumes.csv").write_text(ROWS)
    (tmp_path / "s.toml").write_text(tomli_w.dumps(document({})))
    said = ccsim("check", tmp_path / "s.toml").stdout
    assert "calls  420 s on average, by interval 300 to 600 s" in said
    assert "1 x 240 s + 60 s = 300 s" in said


def test_the_column_may_have_another_name(tmp_path: Path) -> None:
    other = ROWS.replace("calls.aht", "handled for")
    volume = {"file": "volumes.csv", "column": "calls"}
    named = scenario(tmp_path, other, {"volume": volume | {"aht": "Handled For"}})
    assert handle_times(named)["calls"].mean == pytest.approx(420)
    assert any("not used: handled for" in str(one) for one in warnings(scenario(tmp_path, other)))
    assert "volume.aht: no column 'handled'" in refused(tmp_path, other, {"volume": volume | {"aht": "handled"}})


@pytest.mark.parametrize("heading", ["calls aht", "Calls_AHT", "AHT calls", "callsaht"])
def test_a_column_that_looks_like_it_is_refused(tmp_path: Path, heading: str) -> None:
    said = refused(tmp_path, ROWS.replace("calls.aht", heading))
    assert said.startswith(f"volumes.csv:1: column '{heading}'; did you mean 'calls.aht'?")


@pytest.mark.parametrize(
    ("queue", "top", "place", "result"),
    [
        ({"work": {"mean": "4m", "cv": 1, "profile": [["12:00", 2]]}}, {}, "work.profile", "handle times by interval"),
        ({"wrap_up": {"constant": "9s", "profile": [["12:00", 2]]}}, {}, "wrap_up.profile", "handle times by interval"),
        ({"work": "0s", "wrap_up": "0s"}, {}, "volume.aht", "take no time"),
        ({"channel": "live_chat", "work_by_concurrency": ["3m"]}, {}, "volume.aht", "work_by_concurrency"),
        ({"work": {"mean": "4m", "cv": 1, "profile": []}}, {}, "work.profile", "a list of [time, factor]"),
        ({"work": {"mean": "4m", "cv": 1, "profile": [["12:00", 0]]}}, {}, "work.profile.0", "above 0"),
        ({"work": {"mean": "4m", "cv": 1, "profile": [["12:00", 2], ["9:00", 1]]}}, {}, "work.profile", "out of order"),
        ({"work": {"mean": "4m", "cv": 1, "profile": {"mom": [["12:00", 2]]}}}, {}, "work.profile.mom", "did you mean"),
    ],
)
def test_what_contradicts_is_refused(
    tmp_path: Path, queue: dict[str, Any], top: dict[str, Any], place: str, result: str
) -> None:
    if "work_by_concurrency" in queue:
        (tmp_path / "volumes.csv").write_text(ROWS)
        raw = document(queue)
        del raw["queue"]["calls"]["work"], raw["queue"]["calls"]["wrap_up"]
        with pytest.raises(ScenarioError) as wrong:
            parse(raw, tmp_path)
        said = "\n".join(str(problem) for problem in wrong.value.problems)
    else:
        said = refused(tmp_path, ROWS, queue, **top)
    assert f"queue.calls.{place}: " in said
    assert result in said


def test_profiles_by_day(tmp_path: Path) -> None:
    plain = ROWS.replace(",calls.aht", "").replace(",0:05:00", "").replace(",600", "").replace(",\n", "\n")
    profile = {"mon": [["00:00", 0.5], ["12:00", 2]], "tue-sun": [["09:00", 3]]}
    work = {"dist": "exponential", "mean": "4m", "profile": profile}
    run = scenario(tmp_path, plain, {"work": work, "volume": {"per_day": 48}}, days=2)
    offered = work_offered(run, "calls")
    assert offered[MONDAY] == pytest.approx(48 * ((120 + 480) / 2 + 60))
    assert offered[date(2026, 3, 3)] == pytest.approx(48 * (240 * (9 + 15 * 3) / 24 + 60))
    assert handle_times(run)["calls"].mean == pytest.approx((360 + 240 * 54 / 24 + 60) / 2)


def test_a_week_stands_for_others(tmp_path: Path) -> None:
    rows = [f"2026-03-{day:02d},{time},{day}" for day in range(1, 12) for time in ("09:00", "09:30")]
    volume = {"file": "volumes.csv", "column": "calls", "copy_week": "2026-03-03"}
    text = "\n".join(["date,time,calls", *rows]) + "\n"
    run = scenario(tmp_path, text, {"volume": volume}, start=date(2026, 12, 5), days=10)
    of_day = {4: 3, 5: 4, 6: 5, 7: 6, 0: 9, 1: 3}  # the 3rd of March is a Tuesday, the 9th a Monday
    assert contacts(run, "calls")[date(2026, 12, 8)] == 2 * 3
    assert contacts(run, "calls")[date(2026, 12, 7)] == 2 * of_day[0]
    assert [*contacts(run, "calls").values()] == [2 * day for day in (7, 8, 9, 3, 4, 5, 6, 7, 8, 9)]
    assert any("8 intervals outside" in str(one) for one in warnings(run))
    none = refused(tmp_path, text, {"volume": volume | {"copy_week": "2026-04-01"}})
    assert "queue.calls.volume.copy_week" in none


def test_one_factor_for_all_volumes(tmp_path: Path) -> None:
    volume = {"file": "volumes.csv", "column": "calls", "scale": 0.5}
    run = scenario(tmp_path, ROWS, {"volume": volume}, volume={"scale": 3})
    assert contacts(run, "calls")[MONDAY] == pytest.approx(50 * 0.5 * 3)
    assert "scale" not in run.raw["queue"]["calls"]["volume"] or run.raw["queue"]["calls"]["volume"]["scale"] == 0.5
    assert "volume.scale" in refused(tmp_path, ROWS, None, volume={"scale": -1})
