"""A centre built from Python's objects: queues, teams, frames and arrays, written out and loaded back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ccsim
from ccsim.api.centre import Centre

HALF_HOURS = pd.date_range("2026-03-02 09:00", periods=6, freq="30min")
CALLS = pd.DataFrame({"calls": [20.0, 30, 40, 40, 30, 20]}, index=HALF_HOURS)
ROSTER = pd.DataFrame({
    "agent": ["ann", "bob", "cem"], "date": ["2026-03-02"] * 3, "start": ["09:00"] * 3, "end": ["12:00"] * 3,
})  # fmt: skip


def built(**others: Any) -> Centre:
    return Centre.build(
        "Built",
        start="2026-03-02",
        days=1,
        seed=3,
        replications=4,
        queues={
            "phone": {
                "channel": "phone",
                "open": "09:00-12:00",
                "volume": {"file": CALLS, "column": "calls"},
                "work": {"dist": "empirical", "file": np.array([60.0, 90, 120, 400])},
            }
        },
        teams={"front": {"skills": {"phone": 1}, "roster": {"file": ROSTER}}},
        **others,
    )


def test_frames_and_arrays_are_what_files_are(tmp_path: Path) -> None:
    centre = built()
    saved = centre.save(tmp_path / "out")
    assert {file.suffix for file in saved.parent.iterdir()} == {".toml", ".csv"}
    again = ccsim.load(saved)
    own, other = centre.run(), again.run()
    assert own.summary.rows == other.summary.rows
    offered = own.estimate("queue", "phone", "offered")
    assert offered is not None
    assert offered.mean == pytest.approx(180, abs=25)
    assert again.scenario.raw["queue"]["phone"]["work"]["column"] == "value"


def test_a_series_keeps_its_times() -> None:
    framed = built().changed({"queue.phone.volume": {"file": CALLS["calls"]}})
    assert framed.run().summary.rows == built().run().summary.rows


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (CALLS.tz_localize("UTC"), "queue.phone.volume.file: an index with the time zone UTC; local times"),
        (CALLS.assign(date="2026-03-02"), "queue.phone.volume.file: times as the index and a column date"),
    ],
)
def test_times_that_may_be_others_are_refused(table: Any, said: str) -> None:
    with pytest.raises(ccsim.ScenarioError, match=said):
        built().changed({"queue.phone.volume.file": table})


def test_a_missing_value_of_a_sample_is_named() -> None:
    with pytest.raises(ccsim.ScenarioError, match=r"csv:3: nan"):
        built().changed({"queue.phone.work.file": np.array([60.0, np.nan, 90.0])})


def test_a_log_may_be_a_frame_or_an_array() -> None:
    logged = pd.DataFrame({"t": ["2026-03-02T09:00:10", "2026-03-02T10:00:00"], "s": [30.0, 60.0]})
    framed = built().changed({"queue.phone.volume": {"log": logged, "arrived_at": "t", "work": "s"}, "replications": 1})
    centre = built().changed({"queue.phone.volume": {"log": np.array([32410.0, 36000.0])}, "replications": 1})
    for each in (framed, centre, framed.changed({"queue.phone.volume.log": logged})):
        assert each.run().contacts.column("arrival_us").to_pylist() == [32_410_000_000, 36_000_000_000]
    with pytest.raises(ccsim.ScenarioError, match=r"^name: an object"):
        ccsim.load({"name": object()})


def test_a_change_may_be_a_frame_and_stays_when_more_is_changed() -> None:
    double = built().changed({"queue.phone.volume.file": 2 * CALLS}).changed({"seed": 4})
    offered = double.run().estimate("queue", "phone", "offered")
    assert offered is not None
    assert offered.mean == pytest.approx(360, abs=40)
    whole = built().changed({"queue.phone.volume": {"file": 2 * CALLS, "column": "calls"}, "seed": 4})
    assert whole.run().summary.rows == double.run().summary.rows
    before = built().run().estimate("queue", "phone", "offered")
    assert before is not None
    assert before.mean < 250, "the centre itself has not changed"


def test_what_is_wrong_is_said_with_its_place() -> None:
    with pytest.raises(ccsim.ScenarioError, match=r"queue\.phone\.volume\.file.*2 axes"):
        built().changed({"queue.phone.volume.file": np.ones((2, 2))})
    with pytest.raises(ccsim.ScenarioError, match="column"):
        built().changed({"queue.phone.volume.column": "chats"})
    with pytest.raises(ccsim.ScenarioError, match="dayz"):
        built(dayz=3)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    centre = built()
    centre.save(tmp_path)
    before = (tmp_path / "scenario.toml").read_bytes()
    with pytest.raises(FileExistsError):
        centre.changed({"seed": 9}).save(tmp_path)
    assert (tmp_path / "scenario.toml").read_bytes() == before
