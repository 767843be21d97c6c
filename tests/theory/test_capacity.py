"""The largest volume with given agents: what Erlang's formulas say where they apply, and what must hold anywhere."""

from __future__ import annotations

from typing import Any

import pytest

from ccsim import theory
from ccsim.errors import ScenarioError
from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing.capacity import MOST, by_concurrency, capacity
from ccsim.staffing.shifts import Infeasible

AGENTS, WORK = 10, 240.0


def calls(**changes: Any) -> Scenario:
    """Ten agents round the clock with 60 calls an hour of four minutes, 4 erlangs, to be answered 80/20."""
    queue = {
        "channel": "phone",
        "open": "always",
        "volume": {"per_hour": 60},
        "work": {"dist": "exponential", "mean": "4m"},
        "wrap_up": 0,
        "patience": "never",
        "service_level": "80/20",
    }
    raw = {
        "start": "2026-03-02",
        "days": 4,
        "warm_up": "2h",
        "seed": 7,
        "replications": 10,
        "queue": {"phone": queue},
        "team": {"front": {"skills": {"phone": 1}, "shifts": [{"agents": AGENTS, "hours": "always"}]}},
    }
    assert not read.change(raw, changes.items())
    return read.parse(raw)


def test_as_much_as_erlang_c_allows() -> None:
    def service_level(per_hour: float) -> float:
        return theory.erlang_c(per_hour / 3600, WORK, AGENTS, 20.0).service_level

    low, high = 60.0, 149.0
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (middle, high) if service_level(middle) >= 0.8 else (low, middle)
    result = capacity(calls(), workers=2)
    print(f"Erlang C {low / 60:.3f}, simulation {result.scale}, {result.simulated} volumes")
    assert result.scale.low <= low / 60 <= result.scale.high * 1.005
    assert result.scale.high - result.scale.low < 0.15
    assert result.proven
    assert result.proof_seed != result.scenario.seed
    assert result.binds is not None
    assert result.binds.metric == "service_level"
    assert result.volume["phone"] == pytest.approx(60 * 24, rel=0.03)
    assert result.volume_at_scale["phone"] == pytest.approx(low * 24, rel=0.06)
    assert not result.missed_today


def test_a_run_of_that_volume_has_the_same_figures() -> None:
    scenario = calls()
    result = capacity(scenario)
    results = run(calls(**{"volume": {"scale": result.scale.mean}}), engine="compiled")
    assert results.estimate("queue", "phone", "service_level") == result.figures[0]
    assert result.figures[0].mean >= 0.8
    # of little more the target is missed
    above = run(calls(**{"volume": {"scale": result.scale.mean * 1.006}}), engine="compiled")
    more = above.estimate("queue", "phone", "service_level")
    assert more is not None
    assert more.mean < 0.8


def test_what_is_missed_today_is_named_and_less_is_found() -> None:
    result = capacity(calls(**{"queue.phone.volume.per_hour": 160}))
    assert [goal.metric for goal in result.missed_today] == ["service_level"]
    assert result.scale.high < 1


def test_the_volume_of_one_queue_leaves_the_others_as_they_are() -> None:
    chat = {"channel": "live_chat", "open": "always", "volume": {"per_hour": 20}, "service_level": "80% in 60s"}
    scenario = calls(**{"queue.phone.volume.per_hour": 40})
    both = dict(scenario.raw)
    both["queue"] = {**both["queue"], "chat": chat}
    both["team"] = {"front": {**both["team"]["front"], "skills": {"phone": 1, "chat": 1}}}
    both["days"], both["replications"] = 1, 4
    result = capacity(read.parse(both), "chat")
    assert result.volume_at_scale["phone"] == result.volume["phone"]
    assert result.volume_at_scale["chat"] > result.volume["chat"]


def test_one_queue_of_a_demand_grows_alone() -> None:
    scenario = calls()
    raw = dict(scenario.raw)
    plain = {key: value for key, value in raw["queue"]["phone"].items() if key != "volume"}
    raw["queue"] = {"phone": plain, "second": dict(plain)}
    raw["team"] = {"front": {**raw["team"]["front"], "skills": {"phone": 1, "second": 1}}}
    raw["demand"] = {"per_hour": 60, "mix": {"phone": 30, "second": 60}}
    raw["days"], raw["replications"] = 2, 4
    result = capacity(read.parse(raw), "phone")
    assert result.volume_at_scale["second"] == pytest.approx(result.volume["second"], rel=0.05)
    assert result.volume_at_scale["phone"] == pytest.approx(result.volume["phone"] * result.scale.mean, rel=0.05)


def test_targets_over_days_are_stricter_and_on_most_days_less_so() -> None:
    short = {"days": 5, "warm_up": 0, "replications": 4}
    over = {
        rule: capacity(calls(**short, **{"staffing": {**table}})).scale.mean
        for rule, table in {
            "run": {}, "day": {"targets_over": "day"}, "most days": {"met_on": 0.5}, "all days": {"met_on": 1.0},
        }.items()
    }  # fmt: skip
    print(over)
    assert over["day"] < over["run"]
    assert over["all days"] < over["day"] < over["most days"]


def test_chats_at_once_have_a_best_number() -> None:
    """With more at once each takes longer, so that one and many carry less than a few."""
    raw = dict(calls().raw)
    raw["queue"] = {
        "chat": {
            "channel": "live_chat", "open": "always", "volume": {"per_hour": 40}, "turns": {"mean": 4},
            "work": {"mean": "30s"}, "reply_latency": {"mean": "40s"}, "service_level": "80% in 60s",
            "reply_target": "90% in 60s",
        }
    }  # fmt: skip
    slower = [1.0, 1.0, 1.2, 1.8, 3.0, 4.0]
    raw["team"] = {"front": {"skills": {"chat": 1}, "slowdown": slower, "shifts": [{"agents": 4, "hours": "always"}]}}
    raw["days"], raw["replications"], raw["warm_up"] = 1, 3, 0
    result = by_concurrency(read.parse(raw), "chat")
    scales = {number: each.scale.mean for number, each in result.items()}
    print(scales)
    best = max(scales, key=lambda number: scales[number])
    assert 1 < best < max(scales)


def test_what_cannot_be_asked() -> None:
    with pytest.raises(ScenarioError, match="no targets"):
        capacity(calls(**{"queue.phone.service_level": "none"}))
    with pytest.raises(ScenarioError, match='did you mean "phone"'):
        capacity(calls(), "fone")
    with pytest.raises(ScenarioError, match="one at a time"):
        by_concurrency(calls(), "phone")
    with pytest.raises(Infeasible, match=r"(?s)No volume meets the targets.*phone: service level"):
        capacity(calls(**{"queue.phone.answer_delay": "30s", "replications": 1}))


def test_a_volume_that_is_never_too_much_ends_the_search() -> None:
    result = capacity(calls(**{"queue.phone.volume.per_hour": 2, "days": 1, "replications": 2}))
    assert result.scale.mean == MOST
    assert result.binds is None
