"""Variants with different channels: what they have in common, by channel and in all; titles; one extreme variant."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from ccsim.charts.differences import EXTREME, _shown, differences
from ccsim.cli.comparison_table import show
from ccsim.report.of_comparison import answer, document
from ccsim.results.comparison import COMMON, TOTAL, Comparison, VariantResult
from ccsim.results.figures import MetricPlace
from ccsim.results.ranking import rank
from ccsim.scenario import read
from ccsim.studies import compare as comparing

CENTRE: dict[str, Any] = {
    "name": "Shop", "start": "2026-03-02", "days": 1, "replications": 3, "currency": "EUR",
    "queue": {
        "calls": {"channel": "phone", "open": "08:00-18:00", "volume": {"per_day": 120}, "value": 5.0},
        "desk": {"channel": "phone", "open": "08:00-18:00", "volume": {"per_day": 40}, "value": 5.0},
        "chats": {"channel": "live_chat", "open": "08:00-18:00", "volume": {"per_day": 0}, "value": 5.0},
    },
    "team": {
        "t": {
            "skills": {"calls": 1, "desk": 1, "chats": 1},
            "shifts": [{"agents": 6, "hours": "08:00-18:00"}],
            "cost_per_hour": 20.0,
        }
    },
    "variant": {
        "chat": {
            "title": "Chat instead of phone",
            "set": {"queue.calls.volume.per_day": 0, "queue.chats.volume.per_day": 120},
        },
        "one": {"title": "One agent", "set": {"team.t.shifts.0.agents": 1}},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    scenarios = {"base": read.parse(copy.deepcopy(CENTRE))}
    for name, variant in CENTRE["variant"].items():
        raw = copy.deepcopy(CENTRE)
        assert not read.change(raw, list(variant["set"].items()), "")
        scenarios[name] = read.parse(raw)
    return comparing.compare(scenarios, engine="simpy", workers=1, executor="threads")


def test_channels_and_titles(comparison: Comparison) -> None:
    assert comparison.labels == {"base": "base", "chat": "Chat instead of phone", "one": "One agent"}
    assert [variant.channels for variant in comparison.variants[:2]] == [
        {"phone": ["calls", "desk"]},
        {"phone": ["desk"], "live_chat": ["chats"]},
    ]
    assert comparison.channels_differ
    assert [place.metric for place in comparison.common] == list(COMMON)


def test_a_channel_is_the_sum_of_its_queues(comparison: Comparison) -> None:
    base = comparison.variants[0]
    each = [base.results.estimate("queue", name, "offered") for name in ("calls", "desk")]
    offered = base.of_channel("phone", "offered")
    assert offered is not None
    assert offered.mean == pytest.approx(sum(one.mean for one in each if one))
    # phone alone has all that there is
    for metric in ("handle_mean", "asa", "fcr", "cost_per_resolved", "customers_lost", "value_lost"):
        whole, channel = comparison.estimate(base, MetricPlace(TOTAL, TOTAL, metric)), base.of_channel("phone", metric)
        assert whole is not None
        assert channel is not None
        assert channel.mean == pytest.approx(whole.mean), metric
    assert base.of_channel("live_chat", "asa") is None
    assert base.of_channel("phone", "wait_p90") is None


def test_a_share_of_a_contact_a_queue_is_no_count(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two queues with one contact in each replication, of which half are in time."""
    one = np.array([1.0, 0.0, 1.0, 0.0]), np.ones(4)
    monkeypatch.setattr(VariantResult, "quotients", lambda *_: one)
    level = comparison.variants[0].of_channel("phone", "service_level")
    assert level is not None
    assert level.mean == 0.5


def test_report_and_screen(comparison: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    ranking = rank(comparison)
    made = document(comparison, ranking, {"versions": {"ccsim": "1"}})
    tables = {table.title: table for table in made.tables()}
    assert [row[0] for row in tables["All channels together"].rows] == list(comparison.labels.values())
    assert [row[:2] for row in tables["By channel"].rows] == [
        ("base", "phone"), ("Chat instead of phone", "phone"), ("Chat instead of phone", "live_chat"),
        ("One agent", "phone"),
    ]  # fmt: skip
    assert made.facts[0].label.endswith(comparison.labels[ranking.order[0][0]])
    assert made.facts[0].label.startswith(("Best: ", "Nearest: "))
    assert "EUR" in made.facts[0].figure
    show(comparison, ranking)
    printed = capsys.readouterr().out
    first = answer(comparison, ranking)[1].split(" ")[0]
    assert printed.index(first) < printed.index("Ranked by") < printed.index("All channels together")


def test_one_extreme_variant_does_not_squeeze_the_others(comparison: Comparison) -> None:
    assert _shown([1.0, 2.0, 3.0]) == 3.0
    assert _shown([1.0, 2.0, 2.0 * EXTREME + 0.1]) == 2.0
    assert _shown([0.0, 5.0]) == 5.0
    assert _shown([5.0]) == 5.0
    differences(comparison)
