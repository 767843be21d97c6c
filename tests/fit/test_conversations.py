"""Messages and sessions by hand: turns, latencies, waits, concurrency; and what the judges of a log say."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from ccsim.fit import quantities
from ccsim.fit.arrivals import profile
from ccsim.fit.conversations import Conversations, conversations, shared, slowdown
from ccsim.fit.estimate import estimate
from ccsim.logs.records import COLUMNS, Logs

ZERO = pd.Timestamp("2026-03-02 09:00")


def messages(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Conversation, sender (c or a), seconds after nine."""
    return pd.DataFrame(
        {
            "conversation": [row[0] for row in rows],
            "queue": "chat",
            "channel": "live_chat",
            "sender": [{"c": "customer", "a": "agent"}[row[1]] for row in rows],
            "sent": [ZERO + pd.Timedelta(seconds=row[2]) for row in rows],
            "begun": pd.NaT,
            "agent": [None if row[1] == "c" else "bo" for row in rows],
        }
    ).astype({"begun": "datetime64[us]"})


def ends(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Contact, outcome, end in seconds after nine."""
    return pd.DataFrame(
        {
            "contact": [row[0] for row in rows],
            "outcome": [row[1] for row in rows],
            "end": [ZERO + pd.Timedelta(seconds=row[2]) for row in rows],
        }
    )


@pytest.fixture
def result() -> Conversations:
    log = messages(
        *[("a", "c", 0), ("a", "c", 5), ("a", "a", 60), ("a", "a", 70), ("a", "c", 100), ("a", "a", 130)],  # done
        *[("b", "c", 0), ("b", "a", 10)],  # timed out 300 s after the reply
        *[("c", "c", 0), ("c", "a", 20), ("c", "c", 50)],  # lost 40 s after the last message
        *[("d", "a", 0), ("d", "c", 30), ("d", "a", 40)],  # the agent wrote first; done
    )
    outcomes = ends(("a", "resolved", 130), ("b", "timed_out", 310), ("c", "lost", 90), ("d", "resolved", 40))
    return conversations(log, outcomes, None)


def test_turns_are_what_customer_and_agent_write_in_a_row(result: Conversations) -> None:
    assert result.replies.tolist() == [2, 1, 1, 1]
    assert result.over.tolist() == [True, False, False, True]


def test_latencies_run_from_the_agents_last_word(result: Conversations) -> None:
    assert result.latency.times.tolist() == [30, 30, 300]
    assert result.latency.ended.tolist() == [True, True, False]
    assert result.timeouts.tolist() == [300]


def test_waits_run_from_the_customers_first(result: Conversations) -> None:
    assert result.first_wait.times.tolist() == [60, 10, 20, 10]
    assert result.reply_patience.times.tolist() == [30, 40]
    assert result.reply_patience.ended.tolist() == [False, True]


def test_without_outcomes_an_agents_old_last_word_is_the_end() -> None:
    day = 86400
    log = messages(("a", "c", 0), ("a", "a", 10), ("b", "c", 2 * day), ("b", "a", 2 * day + 10))
    result = conversations(log, None, None)
    assert result.over.all()  # nobody was ever seen to answer, so the last one will not either
    assert len(result.latency.times) == 0


def test_without_outcomes_as_many_recent_ones_go_on_as_older_ones_did() -> None:
    day = 86400
    old = [(f"o{i}", who, i + at) for i in range(100) for who, at in (("c", 0), ("a", 10), ("c", 4000), ("a", 4010))]
    new = [(f"n{i}", who, 3 * day + at) for i in range(100) for who, at in (("c", 0), ("a", 10))]
    result = conversations(messages(*old, *new), None, None)
    # half of the older replies were answered
    assert int((~result.latency.ended).sum()) == pytest.approx(50, abs=2)


def test_work_beside_other_sessions() -> None:
    log = messages(("a", "c", 0), ("a", "a", 60))
    log.loc[1, "begun"] = ZERO + pd.Timedelta(seconds=45)
    sessions = pd.DataFrame({"agent": "bo", "start": [ZERO, ZERO], "end": [ZERO + pd.Timedelta(minutes=9)] * 2})
    result = conversations(log, None, sessions)
    assert result.work.times.tolist() == [15]
    assert result.beside.tolist() == [2]


def test_shared_attention_is_time_at_a_level_by_ends_there() -> None:
    rows = [(0, 100), (50, 150), (200, 260)]  # alone 0-50, 100-150, 200-260; together 50-100
    table = pd.DataFrame(rows, columns=["start", "end"]).apply(pd.to_datetime, unit="s").assign(agent="bo")
    result = shared(table, enough=1)
    assert result is not None
    assert [mean.mean for mean in result.means] == [(50 + 50 + 60) / 2, 100 / 1]
    assert result.ends == (2, 1)
    assert shared(table, enough=2) is None


def test_slowdown_needs_enough_of_two_levels() -> None:
    work = np.array([10.0, 20, 30, 60])
    beside = np.array([1.0, 1, 2, 2])
    result = slowdown(work, beside, enough=2)
    assert result is not None
    assert result.factors[1].mean == pytest.approx(3.0)
    assert slowdown(work, beside, enough=3) is None


# ── what a log is warned of ──────────────────────────────────────────────────────────────────────────────────────────


def warned(contacts: pd.DataFrame) -> str:
    fit = estimate(Logs(contacts=contacts), "sessions")
    return " ".join([*fit.warnings, *(warning for queue in fit.queues.values() for warning in queue.warnings)])


def calls(arrival: list[pd.Timestamp], work: list[float]) -> pd.DataFrame:
    table = pd.DataFrame({"arrival": pd.Series(arrival, dtype="datetime64[us]")})
    table["answer"] = table["arrival"]
    table["end"] = table["arrival"] + pd.to_timedelta(work, unit="s")
    table["contact"] = table.index.astype("string")
    for name in ("customer", "agent"):
        table[name] = pd.array([None] * len(table), "string")
    table["queue"], table["channel"], table["outcome"] = "calls", "phone", "answered"
    table["follows"] = pd.NA
    table["wrapped"] = table["until"] = pd.Series(pd.NaT, table.index, dtype="datetime64[us]")
    return table[list(COLUMNS["contacts"])]


def at(day: int, hour: float) -> pd.Timestamp:
    return pd.Timestamp("2026-03-02") + pd.Timedelta(days=day, hours=hour)


def test_a_log_as_the_model_has_it_is_not_warned_of() -> None:
    rng = np.random.default_rng(6)
    arrival = [at(day, hour) for day in range(28) for hour in np.sort(rng.uniform(8, 18, rng.poisson(60)))]
    said = warned(calls(arrival, rng.lognormal(5, 0.7, len(arrival)).tolist()))
    for word in ("Few data", "bunches", "depends", "follow one another", "No family"):
        assert word not in said


def test_bunches_drift_trends_and_two_sorts_of_work_are_said() -> None:
    rng = np.random.default_rng(6)
    arrival, work = [], []
    for day in range(28):
        for bunch in np.sort(rng.uniform(8, 18, 12 + day)):
            for _ in range(6):
                arrival.append(at(day, bunch + rng.uniform(0, 0.05)))
                work.append(float(rng.choice([5.0, 300.0]) * rng.uniform(0.99, 1.01) * (1 + (bunch > 13))))
    said = warned(calls(arrival, work))
    for word in ("bunches", "depends on the hour", "follow one another", "No family fits work"):
        assert word in said


def test_a_single_week_is_thin() -> None:
    counts = np.full((7, 48), 2.0)
    days = [date(2026, 3, 2) + timedelta(days=number) for number in range(7)]
    assert profile(counts, days).busyness_cv is None
    arrival = [at(day, 9 + minute / 60) for day in range(7) for minute in range(60)]
    assert "one Monday, Tuesday" in warned(calls(arrival, [60.0 + i % 50 for i in range(len(arrival))]))


def test_few_cases_are_thin() -> None:
    assert quantities.THIN == 50
    arrival = [at(day, 9) for day in range(20)]
    warnings = warned(calls(arrival, [60.0 + i for i in range(20)]))
    assert "Few data: the distribution of work rests on 20 cases" in warnings
