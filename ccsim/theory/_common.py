"""Checks of arguments, and steady states of Markov chains."""

import math
from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
State = TypeVar("State", bound=Hashable)


def nonnegative(**values: float) -> None:
    for name, value in values.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be a finite number, 0 or more, not {value}")


def positive(**values: float) -> None:
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be a finite number above 0, not {value}")


def count(least: int = 1, **values: int) -> None:
    for name, value in values.items():
        if not isinstance(value, (int, np.integer)) or value < least:
            raise ValueError(f"{name} must be a whole number, {least} or more, not {value}")


def mean_turns(turns: float) -> None:
    if not 1 <= turns < math.inf:
        raise ValueError(f"turns must be a finite mean of 1 or more, not {turns}")


def birth_death(up: Floats, down: Floats) -> Floats:
    """Stationary distribution of states 0..len(up); up[i] leads from i to i+1, down[i] back.

    In logarithms, so that thousands of agents neither overflow nor underflow.
    """
    with np.errstate(divide="ignore"):
        log_weight = np.concatenate([[0.0], np.cumsum(np.log(up) - np.log(down))])
    weight: Floats = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    return weight


def stationary(start: State, moves: Callable[[State], Iterator[tuple[float, State]]]) -> tuple[list[State], Floats]:
    """The states of the chain that `moves` spans from `start`, and its stationary distribution."""
    from scipy.sparse import coo_matrix, identity
    from scipy.sparse.linalg import splu

    states, index = [start], {start: 0}
    source: list[int] = []
    target: list[int] = []
    flow: list[float] = []
    for i, state in enumerate(states):  # grows while it is walked
        for speed, to in moves(state):
            if to not in index:
                index[to] = len(states)
                states.append(to)
            source += [i, i]
            target += [index[to], i]
            flow += [speed, -speed]
    rates = coo_matrix((np.array(flow), (np.array(target), np.array(source))), shape=(len(states), len(states))).tocsc()
    # Each step gives the distribution an exponential time later. That time is long, so a few steps reach the stationary
    # distribution, and no state is singled out: solving relative to one that is hardly ever visited would lose every
    # digit.
    blink = 1e-9 * abs(rates.diagonal()).max()
    solver = splu(rates - blink * identity(len(states), format="csc"))
    distribution = np.full(len(states), 1 / len(states))
    for _ in range(8):
        distribution = np.maximum(-blink * solver.solve(distribution), 0)
        distribution /= distribution.sum()
    return states, distribution
