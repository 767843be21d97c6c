"""One long run: its beginning is left out, batches give intervals."""

from __future__ import annotations

import numpy as np
import pytest

import ccsim
from ccsim import theory
from ccsim.stats.long_run import batch_means, mser5


def autocorrelated(r: np.random.Generator, n: int, memory: float, start: float) -> np.ndarray:
    values = np.empty(n)
    value = start
    for i, shock in enumerate(r.normal(size=n)):
        value = memory * value + shock
        values[i] = value
    return values


def test_a_far_beginning_is_left_out_and_none_is_not() -> None:
    """Means of 2000 values with a memory of 0.95 have a standard error of 0.45; the beginning, if it were left in,
    would add 0.6 to each."""
    r = np.random.default_rng(1)
    series = [autocorrelated(r, 2000, 0.95, 60.0) for _ in range(40)]
    dropped = [mser5(values) for values in series]
    assert 5 <= np.median(dropped) <= 300
    means = [values[number:].mean() for values, number in zip(series, dropped, strict=True)]
    assert np.mean(means) < 0.3 + 3 * 0.45 / 40**0.5 < 0.6
    assert np.median([mser5(r.normal(size=2000)) for _ in range(20)]) <= 200
    assert mser5(np.arange(7.0)) == 0


def test_intervals_of_batches_cover_the_mean() -> None:
    """300 intervals of 95 % on values with a memory of 0.5, in batches of 100, within three standard errors."""
    r, ones, trials = np.random.default_rng(2), np.ones(3000), 300
    ends = [batch_means(autocorrelated(r, 3000, 0.5, 0.0), ones, 30)[1:] for _ in range(trials)]
    covered = sum(low <= 0 <= high for low, high in ends) / trials
    assert abs(covered - 0.95) < 3 * (0.95 * 0.05 / trials) ** 0.5


def test_intervals_hold_the_mean_where_busy_spells_are_long() -> None:
    """Skewed series, as waits are, which forget their beginning after 50 values: nothing of it is to be left out. Where
    the truncation of the least criterion is taken and batches are independent, 72 of 100 intervals hold the mean."""
    r, trials, held = np.random.default_rng(3), 200, 0
    for _ in range(trials):
        values = autocorrelated(r, 3000, 0.98, 5 * r.normal())
        values = np.exp(values / 5)  # seldom high, as waits are
        kept = values[mser5(values) :]
        _, low, high = batch_means(kept, np.ones(len(kept)))
        held += low <= np.exp(0.5 * (1 / (1 - 0.98**2)) / 25) <= high
    assert held / trials >= 0.85


def test_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="30 batches of 7 intervals"):
        batch_means(np.ones(7), np.ones(7))


LONG = {
    "name": "Long",
    "start": "2026-03-02",
    "days": 40,
    "replications": 1,
    "seed": 4,
    "queue": {
        "calls": {
            "channel": "phone",
            "open": "always",
            "volume": {"per_hour": 60},
            "work": {"dist": "exponential", "mean": "5m"},
            "wrap_up": "0s",
            "patience": "never",
            "service_level": "80/20",
        }
    },
    "team": {"agents": {"skills": {"calls": 1}, "shifts": [{"agents": 7, "hours": "always"}]}},
}


def test_a_long_run_has_the_formulas_figures() -> None:
    results = ccsim.load(LONG).run()
    expected = theory.erlang_c(1 / 60, 300, 7, 20)
    wait = results.steady_state("asa", "queue", "calls")
    level = results.steady_state("service_level", "queue", "calls", confidence=0.99)
    assert abs(wait.mean - expected.asa) < 1.5 * (wait.high - wait.low)
    assert level.low - 0.02 < expected.service_level < level.high + 0.02
    assert 0 <= wait.warm_up < 20 * 86_400
    assert wait.low < wait.mean < wait.high
    assert wait.warm_up % 1800 == 0
    calls = results.series("queue", "calls", "answered").mean
    asa = results.series("queue", "calls", "asa").mean
    used = slice(int(wait.warm_up // 1800), None)
    assert wait.mean == pytest.approx(np.average(asa[used], weights=calls[used]))
    assert len(calls[used]) % wait.batches == 0
    per_interval = results.steady_state("answered", "queue", "calls")
    assert per_interval.mean == pytest.approx(30, rel=0.1)
    late = ccsim.load(LONG, set={"warm_up": "5h10m"}).run().steady_state("asa", "queue", "calls")
    assert late.warm_up % 1800 == 1200, "the rest of the half hour in which the warm-up ends is left out"
    for wrong, said in (({"batches": 4000}, "batches"), ({"batches": 1}, "batches")):
        with pytest.raises(ccsim.ScenarioError, match=said):
            results.steady_state("asa", "queue", "calls", **wrong)
    with pytest.raises(ccsim.ScenarioError, match="adds up"):
        results.steady_state("wait_p90", "queue", "calls")
    with pytest.raises(ccsim.ScenarioError, match="one long run"):
        ccsim.load(LONG, set={"days": 1}).run(replications=2).steady_state("asa", "queue", "calls")
