"""The best of several, by Kim and Nelson's procedure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ccsim.cli.comparison_table import show_selection
from ccsim.errors import ScenarioError
from ccsim.results.ranking import rank, ranking_figure
from ccsim.studies.selection import kim_nelson, select
from tests.unit.test_compare import agents, compared


def one_trial(r: np.random.Generator, means: np.ndarray, zone: float) -> tuple[int, int]:
    """The selected system and all replications, of normal values with common random numbers."""

    def draw(which: Sequence[int], first: int, count: int) -> np.ndarray:
        common = r.normal(size=count)
        values = means[list(which), None] + 0.7 * common + 0.7 * r.normal(size=(len(which), count))
        return np.stack([values, np.ones_like(values)])

    order, _, counts, decided = kim_nelson(draw(range(len(means)), 0, 10), draw, zone, 0.95, 100_000)
    assert decided
    return order[0], int(counts.sum())


def test_the_best_is_selected_as_often_as_promised() -> None:
    """Slippage: all others are worse by just the indifference; 300 trials of a share of at least 0.95."""
    r, trials = np.random.default_rng(7), 300
    means = np.array([0.3, 0.3, 0.0, 0.3, 0.3])
    right = sum(one_trial(r, means, 0.3)[0] == 2 for _ in range(trials))
    assert right / trials > 0.95 - 3 * (0.95 * 0.05 / trials) ** 0.5


def test_the_clearly_worse_cost_few_replications() -> None:
    r = np.random.default_rng(8)
    near = np.mean([one_trial(r, np.array([0.0, 0.05, 0.05, 0.05]), 0.1)[1] for _ in range(10)])
    far = np.mean([one_trial(r, np.array([0.0, 0.05, 3.0, 3.0]), 0.1)[1] for _ in range(10)])
    assert far < 0.7 * near


def test_of_equals_one_is_selected_at_once() -> None:
    first = np.stack([np.tile(np.arange(5.0), (3, 1)), np.ones((3, 5))])
    order, means, counts, decided = kim_nelson(first, lambda *_: pytest.fail("more"), 0.1, 0.95, 100)
    assert (sorted(order), decided) == ([0, 1, 2], True)
    assert counts.tolist() == [5, 5, 5]
    assert means.tolist() == [2.0, 2.0, 2.0]


def test_a_ratio_is_that_of_its_sums() -> None:
    """One replication in ten is a busy day. The first system is the better one on quiet days, the other over all."""
    r = np.random.default_rng(9)

    def draw(which: Sequence[int], first: int, count: int) -> np.ndarray:
        busy = np.arange(first, first + count) % 10 == 0
        offered = np.where(busy, 1000.0, 50.0)
        lost = np.stack([np.where(busy, 0.3, 0.01), np.where(busy, 0.2, 0.03)]) * offered + r.normal(size=(2, count))
        return np.stack([lost, np.stack([offered, offered])])[:, list(which)]

    order, ratios, _, decided = kim_nelson(draw([0, 1], 0, 20), draw, 0.02, 0.95, 10_000)
    assert (order[0], decided) == (1, True)
    assert ratios == pytest.approx([(300 + 4.5) / 1450, (200 + 13.5) / 1450], rel=0.05)


def test_variants_go_on_where_the_comparison_ended() -> None:
    scenarios = {name: agents(number) for name, number in (("two", 2), ("three", 3), ("four", 4))}
    comparison = compared(scenarios)
    by_wait = rank(comparison, ranking_figure("asa@phone", scenarios))
    selection = select(comparison, by_wait, indifference=20.0, most=40, engine="compiled", workers=1)
    longer = {
        name: scenario.with_streams(5, max(c.replications for c in selection.candidates))
        for name, scenario in scenarios.items()
    }
    best = next(c for c in selection.candidates if c.is_best)
    again = compared(longer).variants[list(scenarios).index(best.name)].quotients(by_wait.figure)
    assert again is not None
    over, under = (each[: best.replications].sum() for each in again)
    assert best.mean == pytest.approx(over / under)
    assert selection.best == best.name == selection.candidates[0].name


def test_a_small_indifference_is_not_rounded_to_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    scenarios = {"two": agents(2), "three": agents(3)}
    comparison = compared(scenarios)
    figure = ranking_figure("asa@phone", scenarios)
    selection = select(comparison, rank(comparison, figure), indifference=0.0013, most=2, engine="compiled", workers=1)
    show_selection(comparison, selection)
    assert "less than 0.0013s" in " ".join(capsys.readouterr().out.split())


def test_what_cannot_be_selected_is_said() -> None:
    scenarios = {"two": agents(2), "three": agents(3)}
    comparison = compared(scenarios)
    with pytest.raises(ScenarioError, match="indifference"):
        select(comparison, rank(comparison, ranking_figure("cost", scenarios)), indifference=-1.0)
