"""Factors by time of arrival stretch what was drawn, and move no draw."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.tables import SECOND, Link, Workload
from ccsim.workload.handle_time import Steps, relative
from ccsim.workload.sample import sample

HALF_DAY = 12 * 3600 * SECOND


def scenario(folder: Path, calls: dict[str, Any], chats: dict[str, Any]) -> Scenario:
    half_hours = [f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in (0, 30)]
    rows = [f"2026-03-02,{time},20,{300 if time < '12' else 450}" for time in half_hours]
    (folder / "volumes.csv").write_text("\n".join(["date,time,calls,calls.aht", *rows]))
    phone = {"channel": "phone", "work": {"mean": "4m", "cv": 1.2}, "wrap_up": {"mean": "60s", "cv": 0.5}}
    phone |= {"patience": {"dist": "exponential", "mean": "3m"}, "retry": {"share": 0.5, "after": "9h"}}
    chat = {"channel": "live_chat", "volume": {"per_day": 400}, "transfer": [{"to": "calls", "share": 0.2}]}
    raw = {
        "start": date(2026, 3, 2),
        "days": 1,
        "queue": {"calls": phone | {"volume": {"per_day": 960}} | calls, "chats": chat | chats},
        "team": {"desk": {"skills": {"calls": 1, "chats": 1}, "shifts": [{"agents": 9, "hours": "always"}]}},
    }
    return parse(raw, folder)


def by_contact(workload: Workload) -> np.ndarray:
    """Work on each contact, all turns."""
    return np.bincount(np.repeat(np.arange(len(workload.turns)), workload.turns), workload.work, len(workload.turns))


def test_handle_times_of_a_file_stretch_the_same_draws(tmp_path: Path) -> None:
    plain = {"file": "volumes.csv", "column": "calls", "aht": "calls"}  # a column that says 20 s
    same, other = (sample(scenario(tmp_path, {"volume": v}, {}), 0) for v in (plain, plain | {"aht": "calls.aht"}))
    phone = same.queue == 0
    came = same.arrival[same.root]
    assert np.array_equal(same.arrival, other.arrival)
    assert np.array_equal(same.patience, other.patience)
    expected = np.where(came < HALF_DAY, 300 / 20, 450 / 20)
    for drawn, stretched in ((by_contact(same), by_contact(other)), (same.wrap_up, other.wrap_up)):
        longer = phone & (drawn > SECOND)
        assert longer.sum() > 900
        assert stretched[longer] == pytest.approx(drawn[longer] * expected[longer], rel=1e-4)
        assert np.array_equal(stretched[~phone], drawn[~phone])
    # retries and transfers, too, by when their root came
    assert {Link.ROOT, Link.RETRY, Link.TRANSFER} <= {Link(int(link)) for link in other.link[phone]}


def test_the_handle_time_of_a_chat_is_of_all_its_turns(tmp_path: Path) -> None:
    chat = {"channel": "live_chat", "volume": {"file": "volumes.csv", "column": "calls"}, "turns": {"mean": 6}}
    chat |= {"work": {"mean": "30s", "cv": 0.8}, "wrap_up": "20s"}
    (tmp_path / "c").mkdir()
    run = scenario(tmp_path / "c", {"volume": {"per_day": 1}}, chat)
    took = []
    for replication in range(12):
        workload = sample(run, replication)
        chats = (workload.queue == 1) & (workload.link == Link.ROOT) & (workload.arrival >= HALF_DAY)
        took.append((by_contact(workload) + workload.wrap_up)[chats].mean() / SECOND)
    error = np.std(took, ddof=1) / len(took) ** 0.5
    assert error < 450 * 0.02
    assert np.mean(took) == pytest.approx(450, abs=4 * error)


def test_profiles_of_work_wrap_up_and_patience(tmp_path: Path) -> None:
    later = [["12:00", 2.5]]
    profiled = {
        "work": {"mean": "4m", "cv": 1.2, "profile": later},
        "wrap_up": {"mean": "60s", "cv": 0.5, "profile": {"mon": later}},
        "patience": {"dist": "exponential", "mean": "3m", "profile": {"tue-sun": later}},
    }
    plain, other = (sample(scenario(tmp_path, calls, {}), 0) for calls in ({}, profiled))
    phone = plain.queue == 0
    factor = np.where(plain.arrival[plain.root] < HALF_DAY, 1.0, 2.5)
    assert np.abs(other.wrap_up - plain.wrap_up * factor)[phone].max() <= 1
    assert np.abs(by_contact(other) - by_contact(plain) * factor)[phone].max() <= 2
    assert np.array_equal(other.patience, plain.patience)  # it is a Monday
    assert np.array_equal(other.work[np.repeat(~phone, plain.turns)], plain.work[np.repeat(~phone, plain.turns)])


def test_means_over_stretches(tmp_path: Path) -> None:
    steps = Steps(np.array([10, 30]), np.array([2.0, 0.5]))
    assert steps.at(np.array([0, 10, 29, 30])).tolist() == [1, 2, 2, 0.5]
    assert steps.over(np.array([0, 20, 40])).tolist() == [1.5, 1.25]
    run = scenario(tmp_path, {"volume": {"file": "volumes.csv", "column": "calls"}}, {})
    edges = np.array([0, HALF_DAY, 2 * HALF_DAY])
    assert relative(run, edges).tolist() == [[1.0, 1.5], [1.0, 1.0]]
