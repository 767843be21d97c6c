"""Whole numbers that are short of planes by little: the local search beside all numbers within the budget."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ccsim.staffing.nearby import least_short

UNIT = 0.01


@pytest.mark.parametrize("seed", range(8))
def test_finds_what_is_short_by_least_of_all(seed: int) -> None:
    """Five patterns, twelve planes: of the numbers within the budget that are not excluded, the least short."""
    rng = np.random.default_rng(seed)
    n, rows = 5, rng.uniform(0, 1, (12, 5))
    least, most, cost = np.zeros(n, np.int64), np.full(n, 5), rng.uniform(10, 20, n)
    required = rows @ rng.uniform(2, 4, n)
    every = np.array(list(itertools.product(range(6), repeat=n)))
    holds = (every @ rows.T >= required).all(axis=1)
    best = every[holds][np.argmin(every[holds] @ cost)]
    budget = float(cost @ best) * (1 - 1e-6)
    excluded = [best - np.array([1, 0, 0, 0, 0])]

    allowed = (every @ cost <= budget) & (every > excluded[0]).any(axis=1)
    short = np.ceil((required - every @ rows.T).max(axis=1, initial=0.0) / UNIT - 1e-9) * UNIT
    nearest = least_short(rows, required, cost, budget, least, most, excluded, starts=[best], unit=UNIT)
    assert nearest is not None
    at, by = nearest
    assert (every[allowed] == at).all(axis=1).any()
    assert by == pytest.approx(short[allowed].min())
    assert by == pytest.approx(np.ceil((required - rows @ at).max() / UNIT - 1e-9) * UNIT)


def test_nothing_within_the_budget() -> None:
    one = np.ones(1)
    assert least_short(one[:, None], one, one, -1.0, np.zeros(1, np.int64), np.ones(1, np.int64), [], unit=UNIT) is None
