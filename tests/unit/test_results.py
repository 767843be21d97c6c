"""Logs as tables, words, targets and folders."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.engine.reference import simulate
from ccsim.lowering import lower
from ccsim.metrics import MetricRow
from ccsim.results import format, logs
from ccsim.results.model import Results, as_json
from ccsim.results.storage import LogFiles, new_folder
from ccsim.results.targets import targets
from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.tables import SECOND
from tests.cli.tiny import write_tiny
from tests.tables_by_hand import contact, make_workload

ONE_AGENT: dict[str, Any] = {
    "start": "2026-03-02",
    "days": 1,
    "queue": {
        "phone": {"channel": "phone", "open": "always", "answer_delay": 3},
        "chat": {"channel": "live_chat", "open": "always", "idle_timeout": 30},
    },
    "team": {
        "one": {
            "skills": {"phone": 1, "chat": 1},
            "shifts": [{"agents": 1, "hours": "00:00-01:00", "breaks": ["00:30-00:40"]}],
        }
    },
}


@pytest.fixture(scope="module")
def hour() -> dict[str, list[dict[str, Any]]]:
    """An agent's hour: a call, a call into the break, a chat whose customer has silently gone, a call into overtime."""
    plan, spec = lower(read.parse(ONE_AGENT))
    workload = make_workload(
        [
            contact(0, 100, [60], wrap_up=10, answer_delay=3),
            contact(0, 1790, [60], answer_delay=3),
            contact(1, 1795, [20, 20], [5], patience=10, silent=True),
            contact(0, 3590, [60], answer_delay=3),
            contact(0, 3595, [60], patience=7, answer_delay=3),
        ],
        plan,
    )
    result = logs.tables(1, plan, spec, workload, simulate(workload, plan))
    return {name: table.to_pylist() for name, table in result.items()}


def seconds(value: int | None) -> float | None:
    return None if value is None else value / SECOND


def test_what_the_agent_did(hour: dict[str, list[dict[str, Any]]]) -> None:
    first_day = [row for row in hour["agents"] if row["start_us"] < 80_000 * SECOND]
    assert [
        (row["activity"], seconds(row["start_us"]), seconds(row["end_us"]), row["contact"]) for row in first_day
    ] == [
        ("present", 0, 1853, None),
        ("session", 100, 173, 0),
        ("ring", 100, 103, 0),
        ("work", 103, 163, 0),
        ("wrap_up", 163, 173, 0),
        ("session", 1790, 1853, 1),
        ("ring", 1790, 1793, 1),
        ("work", 1793, 1853, 1),
        ("pause", 1853, 2400, None),
        ("present", 2400, 3600, None),
        ("session", 2400, 2450, 2),
        ("work", 2400, 2420, 2),
        ("session", 3590, 3653, 3),
        ("ring", 3590, 3593, 3),
        ("work", 3593, 3653, 3),
        ("overtime", 3600, 3653, None),
    ]


def test_what_became_of_the_contacts(hour: dict[str, list[dict[str, Any]]]) -> None:
    call, _, chat, _, lost = hour["contacts"]
    assert call["outcome"] == "resolved"
    for column, expected in {"wait_us": 3, "left_us": 163, "closed_us": 173, "session_us": 73, "work_us": 60}.items():
        assert seconds(call[column]) == expected
    assert (call["first_agent"], call["last_agent"], call["agents"], call["replies"]) == (0, 0, 1, 1)
    assert chat["outcome"] == "silently_abandoned"
    assert chat["answer_us"] is None
    assert chat["first_agent"] is None
    assert [seconds(chat[column]) for column in ("wait_us", "left_us", "closed_us")] == [10, 1805, 2450]
    assert lost["outcome"] == "abandoned"
    assert (seconds(lost["wait_us"]), lost["answer_us"], lost["messages"], lost["replies"]) == (7, None, 1, 0)


def test_turns(hour: dict[str, list[dict[str, Any]]]) -> None:
    rows = {row["contact"]: row for row in hour["turns"]}
    assert len(hour["turns"]) == 5
    assert [rows[c]["in_vain"] for c in range(5)] == [False, False, True, False, False]
    assert (seconds(rows[2]["start_us"]), seconds(rows[2]["reply_us"]), rows[2]["agent"]) == (2400, 2420, 0)
    assert (rows[4]["start_us"], rows[4]["reply_us"], rows[4]["agent"]) == (None, None, None)
    assert rows[0]["turn"] == 1


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return run(read.load(write_tiny(tmp_path_factory.mktemp("tiny"))), engine="simpy")


def test_every_column_says_what_it_means(tiny: Results) -> None:
    assert set(tiny.logs) == set(logs.LOGS)
    for table in tiny.logs.values():
        assert all(field.metadata[b"meaning"] for field in table.schema)


def test_tables_agree_with_each_other_and_with_the_metrics(tiny: Results) -> None:
    contacts = tiny.contacts.to_pandas()
    turns, agents = tiny.turns.to_pandas(), tiny.logs["agents"].to_pandas()
    agents["length"] = agents.end_us - agents.start_us
    spent = agents.groupby("activity", observed=False).length.sum()
    assert len(contacts) > 50
    assert len(turns) == contacts.messages.sum()
    assert spent["session"] == contacts.session_us.sum()
    assert spent["work"] + spent["reread"] == contacts.work_us.sum()
    assert spent["wrap_up"] == contacts.wrap_up_us.sum()
    busy = agents[agents.activity.isin(["ring", "work", "reread", "wrap_up"])].sort_values(["agent", "start_us"])
    together = busy.agent.to_numpy()[1:] == busy.agent.to_numpy()[:-1]
    assert (busy.start_us.to_numpy()[1:] >= busy.end_us.to_numpy()[:-1])[together].all()
    # replication 1 of a run of one replication
    alone = run(tiny.scenario.model_copy(update={"replications": 1}), engine="simpy")
    for queue in tiny.spec.queues:
        mine = contacts[(contacts.queue == queue) & contacts.counted]
        for metric, value in (("offered", len(mine)), ("answered", mine.answer_us.notna().sum())):
            estimate = alone.estimate("queue", queue, metric)
            assert estimate is not None
            assert estimate.mean == value


def test_series_and_estimates(tiny: Results) -> None:
    offered = tiny.series("queue", "phone", "offered")
    whole = tiny.estimate("queue", "phone", "offered")
    assert whole is not None
    assert offered.start[:2].tolist() == [0, tiny.spec.interval]
    assert offered.mean.sum() == pytest.approx(whole.mean)
    assert np.isnan(tiny.series("queue", "phone", "reply_level").mean).all()
    assert tiny.estimate("queue", "phone", "reply_level") is None


def with_rows(results: Results, *rows: tuple[str, str, str, float | None, float | None, float | None]) -> Results:
    return replace(results, summary=replace(results.summary, rows=tuple(MetricRow(*row, "share") for row in rows)))


@pytest.mark.parametrize(
    ("estimate", "met", "sure"),
    [
        ((0.9, 0.85, 0.95), True, True),
        ((0.9, 0.75, 0.95), True, False),
        ((0.8, None, None), True, True),
        ((0.7, 0.6, 0.79), False, True),
        ((0.7, 0.6, 0.8), False, False),
    ],
)
def test_a_service_level_is_wanted_at_least(
    tiny: Results, estimate: tuple[float | None, ...], met: bool, sure: bool
) -> None:
    (goal,) = targets(with_rows(tiny, ("queue", "phone", "service_level", *estimate)))
    assert (goal.wanted, goal.at_least, goal.met, goal.sure) == (0.8, True, met, sure)


def test_an_abandonment_is_wanted_at_most(tiny: Results) -> None:
    spec = tiny.spec._replace(max_abandonment=np.full(3, 0.05))
    for mean, met in ((0.05, True), (0.06, False)):
        rows = with_rows(replace(tiny, spec=spec), ("queue", "chat", "abandonment", mean, None, None))
        assert [(goal.name, goal.met) for goal in targets(rows)] == [("chat", met)]


def test_no_data_is_no_target(tiny: Results) -> None:
    assert targets(with_rows(tiny, ("queue", "phone", "service_level", None, None, None))) == []


def test_json_keeps_what_has_no_data_as_null(tiny: Results) -> None:
    result = as_json(
        with_rows(tiny, ("queue", "phone", "asa", None, None, None), ("total", "total", "cost", 1.0, 0.5, 1.5))
    )
    assert json.loads(json.dumps(result, allow_nan=False))["queues"]["phone"]["asa"] == {
        "mean": None,
        "low": None,
        "high": None,
    }
    assert result["total"] == {"cost": {"mean": 1.0, "low": 0.5, "high": 1.5}}


def test_a_folder_appears_when_it_is_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path, "Año: 3/4!") as (unfinished, final):
        (unfinished / "file").write_text("x")
        assert not final.exists()
        assert unfinished.name.startswith(".")
    assert (final / "file").read_text() == "x"
    assert final.parent == tmp_path / "a-o-3-4"
    assert list(final.parent.iterdir()) == [final]


def test_a_folder_that_fails_is_gone_and_the_others_stay(tmp_path: Path) -> None:
    with new_folder(tmp_path, "kept") as (_, final):
        pass
    for name in ("kept", "new"):
        with pytest.raises(IsADirectoryError), new_folder(tmp_path, name) as (unfinished, _):
            unfinished.write_text("it is a folder")
    assert list(tmp_path.iterdir()) == [final.parent]
    assert list(final.parent.iterdir()) == [final]


def test_log_bytes_have_no_date(tiny: Results, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with LogFiles(tmp_path / name) as files:
            files.append(tiny.logs)
        written.append([(tmp_path / name / f"{log}.parquet").read_bytes() for log in logs.LOGS])
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"), (0.04, "0s"), (4.25, "4.2s"), (9.94, "9.9s"), (9.96, "10s"), (59.4, "59s"), (59.6, "1m"),
        (90, "1m30s"), (3599.6, "1h"), (3600, "1h"), (3629, "1h"), (3631, "1h1m"), (7200, "2h"), (86399, "1d"),
        (90000, "1d1h"), (30 * 86400, "30d"), (math.nan, "–"),
    ],
)  # fmt: skip
def test_durations_in_words(seconds: float, text: str) -> None:
    assert format.duration(seconds) == text


def test_moments_in_words_follow_the_local_clock() -> None:
    scenario = read.parse({**ONE_AGENT, "start": "2026-03-28", "days": 3, "timezone": "Europe/Rome"})
    assert format.moment(scenario, 0) == "Sat 28 Mar 00:00"
    assert format.moment(scenario, (24 + 3) * 3600 * SECOND) == "Sun 29 Mar 04:00"  # clocks went forward


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (2.5, "2.5"), (3, "3"), (12.5, "12"), (1234.6, "1,235"), (-1234.6, "-1,235"), (math.nan, "–")],
)
def test_counts_in_words(number: float, text: str) -> None:
    assert format.count(number) == text


def test_one_is_not_plural_however_it_is_written() -> None:
    assert [format.several(n, "contact") for n in (0, 1, 2, "1", "1.2", "1,000")] == [
        "0 contacts", "1 contact", "2 contacts", "1 contact", "1.2 contacts", "1,000 contacts"
    ]  # fmt: skip
