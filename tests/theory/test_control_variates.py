"""Control variates: what a neighbour that theory solves is off by chance is taken off."""

from __future__ import annotations

import numpy as np
import pytest

import ccsim
from ccsim import theory
from ccsim.stats.intervals import controlled_interval, mean_interval


def test_intervals_hold_the_truth_and_are_narrower() -> None:
    """Of normal values with correlation 0.8 to the control: 95 % of 2,000 intervals, of 0.6 of the width."""
    random = np.random.default_rng(1)
    held, ratios = 0, []
    for _ in range(2000):
        control = random.normal(3.0, 2.0, 25)
        figure = 10 + 0.8 * (control - 3) / 2 + random.normal(0.0, 0.6, 25)
        ones = np.ones(25)
        value, low, high = controlled_interval((figure, ones), (control, ones), 3.0)
        _, plain_low, plain_high = mean_interval(figure)
        held += low <= 10 <= high
        ratios.append((high - low) / (plain_high - plain_low))
        assert low < value < high
    assert abs(held - 1900) < 3.3 * np.sqrt(2000 * 0.95 * 0.05)
    assert np.mean(ratios) == pytest.approx(0.6, abs=0.04)


def test_a_control_that_does_not_vary_changes_nothing() -> None:
    figure, ones = np.array([1.0, 2.0, 4.0, 5.0]), np.ones(4)
    value, low, high = controlled_interval((figure, ones), (2 * ones, ones), 2.0)
    assert value == 3.0
    assert low < 3.0 < high
    assert np.isnan(controlled_interval((figure[:2], ones[:2]), (ones[:2], ones[:2]), 1.0)[1:]).all()


@pytest.fixture(scope="module")
def always() -> ccsim.Centre:
    return ccsim.Centre.build(
        "Erlang A",
        days=1,
        warm_up="2h",
        seed=3,
        queues={
            "calls": {
                "channel": "phone", "open": "always", "volume": {"per_hour": 200}, "wrap_up": "0s",
                "work": {"dist": "exponential", "mean": "5m"}, "patience": {"dist": "exponential", "mean": "4m"},
            }
        },
        teams={"agents": {"skills": {"calls": 1}, "shifts": [{"agents": 17, "hours": "always"}]}},
    )  # fmt: skip


@pytest.mark.parametrize("metric", ["wait_mean", "abandonment"])
def test_a_neighbour_that_theory_solves(always: ccsim.Centre, metric: str) -> None:
    """Both are Erlang A, so that the controlled figure can be held against its own theory."""
    solved = theory.erlang_a(200 / 3600, 300.0, 17, 240.0, 20.0)
    truth = theory.erlang_a(200 / 3600, 285.0, 17, 240.0, 20.0)
    results = always.changed({"queue.calls.work.mean": 285}).run(replications=40)
    plain = results.estimate("queue", "calls", metric)
    controlled = results.controlled(
        metric, "queue", "calls", by=always.run(replications=40), expected=getattr(solved, metric)
    )
    assert plain is not None
    assert controlled.low <= getattr(truth, metric) <= controlled.high
    assert controlled.high - controlled.low < 0.4 * (plain.high - plain.low)


def test_only_on_the_same_random_numbers(always: ccsim.Centre) -> None:
    results = always.run(replications=3)
    for other in (always.run(replications=4), always.run(replications=3, seed=4)):
        with pytest.raises(ccsim.ScenarioError, match="same seed and replications"):
            results.controlled("asa", "queue", "calls", by=other, expected=1.0)


def test_an_expected_value_of_something_else(always: ccsim.Centre) -> None:
    results = always.run(replications=20)
    with pytest.raises(ccsim.ScenarioError, match=r"expected: 0\.5; that of `by`"):
        results.controlled("abandonment", "queue", "calls", by=results, expected=0.5)
    for value in ("1", float("nan"), True):
        with pytest.raises(ccsim.ScenarioError, match="a number"):
            results.controlled("asa", "queue", "calls", by=results, expected=value)  # type: ignore[arg-type]
    with pytest.raises(ccsim.ScenarioError, match="between 0 and 1"):
        results.controlled("asa", "queue", "calls", by=results, expected=0.5, confidence=95)
