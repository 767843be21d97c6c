"""Calls: simulated queues in which a contact takes one agent for one stretch of work, beside Erlang and his heirs.

Work lasts ten seconds where nothing else is said, so that an hour of simulated time holds hundreds of contacts. Every
expected value is the formula's and, computed afresh here or taken from the literature, a second one's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from ccsim import theory
from ccsim.tables import Outcome
from tests.theory.conftest import Agree, Doc, Run

WORK = 10


def exponential(mean: float) -> Doc:
    return {"dist": "exponential", "mean": mean}


def calls(load: float, agents: int, *, days: int = 1, work: Any = None, **queue: Any) -> Doc:
    """A phone queue of that load (erlangs) at a constant rate; patience without end unless `queue` says otherwise."""
    return {
        "days": days,
        "warm_up": "1h",
        "queue": {
            "calls": {
                "channel": "phone",
                "volume": {"per_hour": load * 3600 / WORK},
                "work": work or exponential(WORK),
                "wrap_up": 0,
                "patience": "never",
                "service_level": "80% in 5s",
            }
            | queue
        },
        "team": {"desk": {"skills": {"calls": 1}, "shifts": [{"agents": agents, "hours": "always"}]}},
    }


def blocked(run: Run) -> tuple[float, float]:
    mine = run.counted()
    return float((run.log.outcome[mine] == Outcome.BLOCKED).sum()), float(mine.sum())


def waited(run: Run) -> tuple[float, float]:
    """Share of contacts that did not get an agent on arrival."""
    mine = run.counted()
    waits = run.log.stretch_since < run.log.stretch_start
    return float(mine[run.log.stretch_contact[waits]].sum()), float(mine.sum())


def truncated_poisson(load: float, agents: int) -> float:
    weights = [load**k / math.factorial(k) for k in range(agents + 1)]
    return weights[-1] / sum(weights)


# --- Erlang B


DISTRIBUTIONS = {
    "exponential": exponential(WORK),
    "constant": WORK,
    "lognormal": {"mean": WORK, "cv": 2},
}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_erlang_b_without_a_waiting_room(agree: Agree, distribution: str) -> None:
    """Whatever the distribution of work: 3 agents, 3 erlangs, 9/26 of the calls are blocked."""
    lost = truncated_poisson(3, 3)
    assert lost == pytest.approx(9 / 26)
    assert theory.erlang_b(3, 3) == pytest.approx(lost)
    expected = {"blocked": lost, "team.desk.utilisation": 3 * (1 - lost) / 3}
    agree(calls(3, 3, max_waiting=0, work=DISTRIBUTIONS[distribution]), expected, own={"blocked": blocked})


def test_erlang_b_without_patience(agree: Agree) -> None:
    """Who has no patience at all is served if an agent is free at that very moment."""
    lost = truncated_poisson(12, 10)
    assert theory.erlang_b(12, 10) == pytest.approx(lost)
    agree(calls(12, 10, patience=0), {"queue.calls.abandonment": lost, "team.desk.utilisation": 1.2 * (1 - lost)})


# --- Erlang C


def test_erlang_c(agree: Agree) -> None:
    """5 agents, 3.5 erlangs."""
    load, agents = 3.5, 5
    lost = truncated_poisson(load, agents)
    waits = lost / (1 - load / agents * (1 - lost))
    asa = waits * WORK / (agents - load)
    figures = theory.erlang_c(load / WORK, WORK, agents, 5)
    assert (figures.wait_probability, figures.asa) == pytest.approx((waits, asa))
    expected = {
        "waited": waits,
        "queue.calls.asa": asa,
        "queue.calls.wait_mean": asa,
        "queue.calls.service_level": 1 - waits * math.exp(-(agents - load) * 5 / WORK),
        "queue.calls.queue_mean": load / WORK * asa,
        "queue.calls.session_mean": WORK,
        "team.desk.utilisation": load / agents,
        "team.desk.occupancy": load / agents,
    }
    assert figures.service_level == pytest.approx(expected["queue.calls.service_level"])
    agree(calls(load, agents, days=3), expected, own={"waited": waited})


# --- Erlang A


def of_figures(figures: theory.QueueFigures) -> dict[str, float]:
    return {
        "waited": figures.wait_probability,
        "queue.calls.abandonment": figures.abandonment,
        "queue.calls.asa": figures.asa,
        "queue.calls.wait_mean": figures.wait_mean,
        "queue.calls.service_level": figures.service_level,
        "queue.calls.queue_mean": figures.queue_mean,
        "team.desk.utilisation": figures.utilisation,
    }


def test_erlang_a(agree: Agree) -> None:
    """200 calls an hour of 300 s, 17 agents, patience 180 s: 9.973 % abandon, the others wait 16.124 s."""
    figures = theory.erlang_a(200 / 3600, 300, 17, 180, 20)
    doc = calls(0, 17, days=10, work=exponential(300), patience=exponential(180), service_level="80/20")
    doc["queue"]["calls"]["volume"] = {"per_hour": 200}
    expected = of_figures(figures) | {"queue.calls.abandonment": 0.09973, "queue.calls.asa": 16.124}
    agree(doc, expected, own={"waited": waited})


def abandonment(rate: float, work: float, agents: int, survival: Callable[[float], float], top: float) -> float:
    """M/M/n+G by quadrature: the wait offered has density p × exp(rate × H(x) - agents × x / work), p that of the
    states with all agents busy but one (Zeltyn & Mandelbaum 2005)."""
    grid = np.linspace(0, top, 200_001)
    alive = np.array([survival(x) for x in grid])
    h = integrate.cumulative_trapezoid(alive, grid, initial=0)
    density = np.exp(rate * h - agents * grid / work)
    lost = truncated_poisson(rate * work, agents - 1)
    scale = 1 / (1 / (rate * lost) + np.trapezoid(density, grid))
    return float(scale * np.trapezoid(density * (1 - alive), grid))


def test_erlang_a_with_constant_patience(agree: Agree) -> None:
    """10 agents, 10 erlangs, everyone leaves after 4 s."""
    figures = theory.erlang_a_general(10 / WORK, WORK, 10, theory.constant_patience(4), 5)
    by_hand = abandonment(10 / WORK, WORK, 10, lambda x: float(x < 4), 200)
    assert figures.abandonment == pytest.approx(by_hand, rel=1e-3)
    expected = of_figures(figures)
    # a service level within 5 s is everybody who is answered
    assert figures.service_level == pytest.approx(1 - figures.abandonment)
    agree(calls(10, 10, patience=4), expected, own={"waited": waited})


def test_erlang_a_with_lognormal_patience(agree: Agree) -> None:
    """6 agents, 6 erlangs, patience 15 s with a coefficient of variation of 1.5."""
    figures = theory.erlang_a_general(6 / WORK, WORK, 6, theory.lognormal_patience(15, 1.5), 5)
    sigma = math.sqrt(math.log(1 + 1.5**2))
    distribution = stats.lognorm(sigma, scale=15 * math.exp(-(sigma**2) / 2))
    grid = np.linspace(0, 500, 200_001)
    by_hand = abandonment(
        6 / WORK, WORK, 6, dict(zip(grid.tolist(), distribution.sf(grid), strict=True)).__getitem__, 500
    )
    assert figures.abandonment == pytest.approx(by_hand, rel=1e-3)
    doc = calls(6, 6, patience={"mean": 15, "cv": 1.5})
    agree(doc, of_figures(figures), own={"waited": waited})


# --- other distributions of work


@pytest.mark.parametrize(
    ("distribution", "square"),
    [
        (exponential(WORK), 2 * WORK**2),
        (WORK, WORK**2),
        ({"low": 0, "high": 2 * WORK}, 4 / 3 * WORK**2),
        ({"dist": "gamma", "mean": WORK, "cv": 1.5}, (1 + 1.5**2) * WORK**2),
        ({"mean": WORK, "cv": 1.2}, (1 + 1.2**2) * WORK**2),
    ],
    ids=["exponential", "constant", "uniform", "gamma", "lognormal"],
)
def test_mg1(agree: Agree, distribution: Any, square: float) -> None:
    """One agent, half busy: rate × E[work²] / 2(1 - load), the formula of Pollaczek and Khinchine."""
    wait = 0.5 / WORK * square / 2 / (1 - 0.5)
    assert theory.mg1_wait(0.5 / WORK, WORK, math.sqrt(square / WORK**2 - 1)) == pytest.approx(wait)
    expected = {"queue.calls.asa": wait, "waited": 0.5, "team.desk.utilisation": 0.5}
    agree(calls(0.5, 1, days=12, work=distribution), expected, own={"waited": waited})


def test_wrap_up_is_work(agree: Agree) -> None:
    """Half the work after the call: the same M/D/1, the utilisation included."""
    wait = 0.5 * WORK / 2 / (1 - 0.5)
    doc = calls(0.5, 1, days=4, work=WORK // 2, wrap_up=WORK // 2)
    agree(doc, {"queue.calls.asa": wait, "team.desk.utilisation": 0.5})


@pytest.mark.parametrize(("load", "agents"), [(1.5, 2), (6.0, 8)])
def test_mdc(agree: Agree, load: float, agents: int) -> None:
    """The queue, seen every ten seconds, is a chain: those served in between are exactly those who were in work."""
    size = 150
    arrivals = stats.poisson(load).pmf(np.arange(size))
    chain = np.zeros((size, size))
    for n in range(size):
        left = max(n - agents, 0)
        chain[n, left:] = arrivals[: size - left]
    distribution = np.linalg.matrix_power(chain / chain.sum(axis=1, keepdims=True), 4096)[0]
    queue = float(distribution @ np.maximum(np.arange(size) - agents, 0))
    wait = queue / (load / WORK)
    assert theory.mdc_wait(load / WORK, WORK, agents) == pytest.approx(wait, rel=1e-6)
    expected = {"queue.calls.asa": wait, "queue.calls.queue_mean": queue, "team.desk.utilisation": load / agents}
    agree(calls(load, agents, days=3, work=WORK), expected)


# --- priorities


PRIORITIES: Mapping[str, tuple[float, Any, float, float]] = {
    # contacts a second, distribution of work, its mean, its mean square
    "first": (0.02, exponential(10), 10, 200),
    "second": (0.02, 8, 8, 64),
    "third": (0.012, {"mean": 15, "cv": 0.8}, 15, 225 * 1.64),
}


def test_priorities(agree: Agree) -> None:
    """One agent, three classes of calls: a call in hand is finished, then the highest class goes first (Cobham)."""
    doc = calls(0, 1, days=20)
    del doc["queue"]["calls"]
    doc["routing"] = {"contact": "priority"}
    doc["team"]["desk"]["skills"] = dict.fromkeys(PRIORITIES, 1)
    expected: dict[str, float] = {}
    residual = sum(rate * square / 2 for rate, _, _, square in PRIORITIES.values())
    above = 0.0
    for priority, (name, (rate, distribution, mean, _)) in enumerate(PRIORITIES.items(), 1):
        doc["queue"][name] = {
            "channel": "phone", "volume": {"per_hour": rate * 3600}, "work": distribution, "wrap_up": 0,
            "patience": "never", "priority": priority,
        }  # fmt: skip
        load = above + rate * mean
        expected[f"queue.{name}.asa"] = residual / ((1 - above) * (1 - load))
        above = load
    rates, _, means, squares = (np.array(column) for column in zip(*PRIORITIES.values(), strict=True))
    formula = theory.cobham(rates.tolist(), means.tolist(), np.sqrt(squares / means**2 - 1).tolist())
    assert formula.wait == pytest.approx(tuple(expected.values()))
    expected["team.desk.utilisation"] = above
    agree(doc, expected)
