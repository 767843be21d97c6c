"""The search for the cheapest staffing, on slacks that are known functions instead of simulations."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import numpy as np
import pytest

from ccsim.results.plans import StaffingTarget
from ccsim.staffing.cover import cover
from ccsim.staffing.nearby import enough
from ccsim.staffing.search import Search
from ccsim.staffing.trials import Judge, Tally
from ccsim.tables import F64, I64

GOALS = (
    StaffingTarget("queue", "a", "service_level", 0.8, True),
    StaffingTarget("queue", "b", "abandonment", 0.1, False),
)
COST = np.array([20.0, 21.0, 33.0])
MOST = np.array([9, 9, 9])


def tally(figures: F64) -> Tally:
    """Of one replication, day and interval with these figures."""
    return Tally(np.stack([figures, np.ones(2)]).reshape(2, 1, 2, 1), np.stack([figures, np.ones(2)])[:, :, None])


def searched(level: Callable[[I64], F64], least: int = 0, seconds: float = np.inf) -> Search:
    """A search on figures of the two goals, over three patterns; the third works for both queues."""
    judge = Judge(GOALS, "run", None, np.zeros((2, 1)))
    return Search(lambda x: tally(level(x)), COST, np.full(3, least), MOST, judge, seconds=seconds)


def concave(agents: I64) -> F64:
    first, second = agents[0] + 0.8 * agents[2], agents[1] + 0.7 * agents[2]
    return np.array([1 - np.exp(-0.3 * first), np.exp(-0.5 * second)])


def s_shaped(agents: I64) -> F64:
    """As service is: nothing helps while far too few are there."""
    first, second = agents[0] + 0.8 * agents[2], agents[1] + 0.7 * agents[2]
    return np.array([1 / (1 + np.exp(5.3 - first)), 1 / (1 + np.exp(second - 3.1))])


def cheapest(level: Callable[[I64], F64]) -> float:
    every = np.array(list(itertools.product(*(range(most + 1) for most in MOST))))
    holds = [x for x in every if level(x)[0] >= 0.8 and level(x)[1] <= 0.1]
    return min(float(COST @ x) for x in holds)


@pytest.mark.parametrize("level", [concave, s_shaped])
def test_finds_the_cheapest_of_all_with_few_trials(level: Callable[[I64], F64]) -> None:
    search = searched(level)
    assert search.run()
    assert search.best is not None
    assert COST @ search.best == pytest.approx(cheapest(level))
    assert search.holds(search.best)
    assert 0 < search.bound <= cheapest(level) + 1e-6
    assert search.evaluations <= 10**3 / 10


def test_nothing_is_simulated_twice() -> None:
    seen: list[tuple[int, ...]] = []

    def level(agents: I64) -> F64:
        seen.append(tuple(agents.tolist()))
        return s_shaped(agents)

    search = searched(level)
    search.run()
    assert len(seen) == len(set(seen)) == search.evaluations


def test_no_data_is_missed_where_more_agents_have_some() -> None:
    """As of a level of the answered alone, with nobody who answers."""
    search = searched(lambda agents: s_shaped(agents) if agents.any() else np.array([np.nan, np.nan]))
    assert search.run()
    assert search.best is not None
    assert COST @ search.best == pytest.approx(cheapest(s_shaped))
    assert not search.holds(np.zeros(3, np.int64))
    nobody_comes = searched(lambda agents: np.array([np.nan, 1 / (1 + agents.sum())]))
    nobody_comes.run()
    assert nobody_comes.best is not None
    assert nobody_comes.best.sum() == 9, "1 / 10 is the second target; there is nothing to miss of the first"


def test_stays_within_least_and_most() -> None:
    search = searched(concave, least=2)
    search.run()
    assert search.best is not None
    assert all(((agents >= 2) & (agents <= MOST)).all() for agents, _ in search.tried())
    assert COST @ search.best >= cheapest(concave)


def test_where_nobody_is_needed_nobody_is_planned() -> None:
    search = searched(lambda agents: np.array([1.0, 0.0]))
    assert search.run()
    assert search.best is not None
    assert not search.best.any()
    assert search.bound == 0


def test_what_cannot_hold_is_tried_once() -> None:
    search = searched(lambda agents: concave(agents) * [0.5, 1.0])
    assert search.run()
    assert search.best is None
    assert search.evaluations == 1


def test_tightened_it_finds_the_cheapest_with_the_margin() -> None:
    search = searched(s_shaped)
    search.run()
    before = search.evaluations
    search.tighten(np.array([[0.1], [0.03]]))
    assert search.run()
    assert search.best is not None
    every = np.array(list(itertools.product(*(range(most + 1) for most in MOST))))
    holds = [x for x in every if s_shaped(x)[0] >= 0.9 and s_shaped(x)[1] <= 0.07]
    assert COST @ search.best == pytest.approx(min(float(COST @ x) for x in holds))
    assert search.evaluations - before < before + 30


def test_time_up_keeps_the_best_so_far() -> None:
    def slowly(agents: I64) -> F64:
        time.sleep(0.01)
        return s_shaped(agents)

    search = searched(slowly, seconds=0.05)
    assert not search.run()
    assert search.best is not None
    assert search.holds(search.best)
    assert search.bound <= COST @ search.best


def test_more_agents_that_harm_do_not_lead_it_astray() -> None:
    """The third pattern takes from the first what it gives to the second: no plane is above that everywhere."""

    def level(agents: I64) -> F64:
        first, second = agents[0] - 0.2 * agents[2], agents[1] + agents[2]
        return np.array([1 / (1 + np.exp(5.3 - first)), 1 / (1 + np.exp(second - 3.1))])

    search = searched(level)
    search.run()
    assert search.best is not None
    assert COST @ search.best == pytest.approx(cheapest(level))


def test_what_is_missing_comes_from_the_most_useful_for_their_cost() -> None:
    gains = np.array([[0.02, 0.0], [0.03, 0.0], [0.0, 0.05]])
    cost, all_of_them = np.array([10.0, 30.0, 20.0]), np.ones(3, np.bool_)
    assert enough(gains, np.array([0.02, -1.0]), cost, all_of_them).tolist() == [1, 0, 0]
    assert enough(gains, np.array([0.02, -1.0]), cost, np.array([False, True, True])).tolist() == [0, 1, 0]
    assert enough(gains, np.array([0.0, 0.05]), cost, all_of_them).tolist() == [0, 0, 1]
    assert enough(gains, np.array([1.0, 1.0]), cost, all_of_them).tolist() == [1, 1, 1], "one of each at most"
    assert enough(gains, np.array([0.0, -0.1]), cost, all_of_them).tolist() == [0, 0, 0]


@pytest.mark.slow
def test_with_dozens_of_patterns_it_ends_near_the_cheapest() -> None:
    """Figures rise with two weighted sums of the agents, so the cheapest is that of an integer program."""
    rng = np.random.default_rng(3)
    weights = rng.uniform(0.3, 1.0, (40, 2)) * (rng.random((40, 2)) < [0.7, 0.6])
    cost = np.round(100 * weights.sum(axis=1) + rng.uniform(30, 60, 40))
    most = np.full(40, 9)

    def level(agents: I64) -> F64:
        first, second = agents @ weights
        return np.array([1 / (1 + np.exp(np.log(0.25) * (first - 29))), 1 / (1 + np.exp(np.log(9) * (second - 23)))])

    judge = Judge(GOALS, "run", None, np.zeros((2, 1)))
    search = Search(lambda x: tally(level(x)), cost, np.zeros(40, np.int64), most, judge)
    assert search.run()
    assert search.best is not None
    best = cover(weights.T, np.array([30.0, 24.0]), cost, most=9.0)
    assert best is not None
    assert best.cost <= cost @ search.best <= 1.03 * best.cost
    assert search.evaluations <= 40 * 30, "gains at some thirty staffings"
