"""Queues of contacts that hold an agent without a pause: Erlang's formulas, general distributions, priorities."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ccsim.theory._common import Floats, birth_death, count, nonnegative, positive


@dataclass(frozen=True)
class QueueFigures:
    """Steady state of one queue; names and definitions are those of the simulation's metrics.

    `wait_mean` is over all contacts, `asa` over the answered, `service_level` is the share of all
    offered contacts answered within the threshold, `utilisation` the agents' share of time at work.
    """

    utilisation: float
    wait_probability: float
    wait_mean: float
    asa: float
    service_level: float
    abandonment: float
    queue_mean: float


@dataclass(frozen=True)
class PriorityFigures:
    """Per class, the highest priority first: mean wait to the start of work, mean time to its end."""

    wait: tuple[float, ...]
    response: tuple[float, ...]


@dataclass(frozen=True)
class Patience:
    """A distribution of patience: `survival(x)` = P(patience > x) on arrays, and the points where it jumps."""

    survival: Callable[[Floats], Floats]
    jumps: tuple[float, ...] = ()


def erlang_b(load: float, agents: int) -> float:
    """Share of contacts blocked by `agents` (0 or more) without a waiting room, M/G/n/n.

    By the recursion B(n) = aB(n-1) / (n + aB(n-1)), stable for any size.
    Source: Erlang (1917); Cooper, Introduction to Queueing Theory, ch. 3.
    """
    nonnegative(load=load)
    count(0, agents=agents)
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def kaufman_roberts(capacity: int, units: Sequence[int], loads: Sequence[float]) -> tuple[float, ...]:
    """Share of each class blocked where a contact of class k takes `units[k]` of `capacity` for as long as it lasts.

    Poisson arrivals, loads[k] = rate × mean duration, of any distribution; no waiting room. With q(j) the weight of j
    units taken, j q(j) = sum over k of loads[k] units[k] q(j - units[k]).
    Source: Kaufman (1981), IEEE Transactions on Communications 29; Roberts (1981).
    """
    count(capacity=capacity)
    if len(units) != len(loads):
        raise ValueError("units and loads must be of one length")
    for size, load in zip(units, loads, strict=True):
        count(units=size)
        nonnegative(load=load)
    weight = np.zeros(capacity + 1)
    weight[0] = 1.0
    for j in range(1, capacity + 1):
        weight[j] = sum(a * b * weight[j - b] for a, b in zip(loads, units, strict=True) if b <= j) / j
        weight /= weight[: j + 1].sum()  # else large loads overflow
    return tuple(float(weight[max(capacity - size + 1, 0) :].sum()) for size in units)


def erlang_c(rate: float, work: float, agents: int, threshold: float) -> QueueFigures:
    """M/M/n: `rate` contacts a second, mean `work`, nobody abandons; level within `threshold`.

    A load of `agents` or more gives utilisation 1, infinite waits and a service level of 0.
    Source: Erlang (1917); Cooper, ch. 3 (wait probability from Erlang B).
    """
    nonnegative(rate=rate, threshold=threshold)
    positive(work=work)
    count(agents=agents)
    load = rate * work
    if load >= agents:
        return QueueFigures(1.0, 1.0, math.inf, math.inf, 0.0, 0.0, math.inf)
    blocked = erlang_b(load, agents)
    waits = agents * blocked / (agents - load * (1 - blocked))
    wait = waits * work / (agents - load)
    level = 1 - waits * math.exp(-(agents - load) * threshold / work)
    return QueueFigures(load / agents, waits, wait, wait, level, 0.0, rate * wait)


def erlang_a(rate: float, work: float, agents: int, patience: float, threshold: float) -> QueueFigures:
    """M/M/n+M: as `erlang_c`, where customers abandon after exponential patience of mean `patience`.

    Source: Palm (1943); Mandelbaum & Zeltyn (2007), Service Engineering in Action. The wait V of a
    patient customer behind j others is a sum of exponentials of rates (c+i)/patience, i = 0..j,
    c = agents × patience / work, so exp(-V/patience) is Beta(c, j+1), which gives every figure.
    """
    nonnegative(rate=rate, threshold=threshold)
    positive(work=work, patience=patience)
    count(agents=agents)
    from scipy.special import betainc

    top = 2 * agents + 64
    while True:
        number = np.arange(1, top + 1)
        drain = np.minimum(number, agents) / work + np.maximum(number - agents, 0) / patience
        state = birth_death(np.full(top, rate), drain)
        if state[-1] < 1e-18:
            break
        top *= 2
        if top > 10_000_000:
            raise ValueError("the queue would be too long to tabulate; is patience in seconds?")
    seen = state[agents:]
    ahead = np.arange(len(seen))
    c = agents * patience / work
    answered = seen * c / (c + ahead + 1)
    abandonment = float((seen - answered).sum())
    wait_if_answered = patience * np.cumsum(1 / (c + ahead + 1))
    within = betainc(ahead + 1, c + 1, -math.expm1(-threshold / patience))
    return QueueFigures(
        utilisation=rate * work * (1 - abandonment) / agents,
        wait_probability=float(seen.sum()),
        wait_mean=patience * abandonment,
        asa=float(answered @ wait_if_answered) / (1 - abandonment),
        service_level=float(state[:agents].sum() + answered @ within),
        abandonment=abandonment,
        queue_mean=rate * patience * abandonment,
    )


def exponential_patience(mean: float) -> Patience:
    """Exponential patience of a positive mean."""
    positive(mean=mean)
    return Patience(lambda x: np.exp(-x / mean))


def constant_patience(value: float) -> Patience:
    """Everyone leaves after exactly `value` seconds of waiting."""
    nonnegative(value=value)
    return Patience(lambda x: np.where(x < value, 1.0, 0.0), (value,))


def lognormal_patience(mean: float, cv: float) -> Patience:
    """Lognormal patience of the given mean and coefficient of variation, both positive."""
    positive(mean=mean, cv=cv)
    from scipy.special import ndtr

    sigma = math.sqrt(math.log1p(cv * cv))
    mu = math.log(mean) - sigma * sigma / 2
    return Patience(lambda x: ndtr((mu - np.log(np.maximum(x, 1e-300))) / sigma))


def erlang_a_general(rate: float, work: float, agents: int, patience: Patience, threshold: float) -> QueueFigures:
    """M/M/n+G: as `erlang_a`, with any distribution of patience.

    The wait of a patient customer has density proportional to exp(rate × H(x) - agents × x / work)
    for x > 0, H(x) the integral of the survival function to x.
    Raises ValueError too when so many never lose patience that the queue grows for ever.
    Source: Baccelli & Hebuterne (1981); Zeltyn & Mandelbaum (2005), Queueing Systems 51, sec. 3.
    """
    nonnegative(rate=rate, threshold=threshold)
    positive(work=work)
    count(agents=agents)
    survival, drain = patience.survival, agents / work
    end = 1 / drain
    while rate * float(survival(np.array([end]))[0]) > 0.9 * drain:
        end *= 2
        if end > 1e15:
            raise ValueError("too many customers have endless patience: the queue grows for ever")
    end += 500 / drain
    points, weights = np.polynomial.legendre.leggauss(16)
    points, weights = (points + 1) / 2, weights / 2

    def survived(edges: Floats) -> Floats:
        step = np.diff(edges)
        mean = survival(edges[:-1, None] + step[:, None] * points) @ weights
        return np.concatenate([[0.0], np.cumsum(step * mean)])

    # Panels shrink towards 0, to resolve patience of any scale, and are then refined where the
    # density is not negligible: its logarithm is concave, so that is one stretch.
    inside = [x for x in (threshold, *patience.jumps) if x < end]
    edges = np.unique(np.concatenate([[0.0], inside, np.geomspace(end * 1e-8, end, 120)]))
    for _ in range(4):
        exponent = rate * survived(edges) - drain * edges
        kept = np.flatnonzero(exponent > exponent.max() - 45)
        low, high = edges[max(kept[0] - 1, 0)], edges[min(kept[-1] + 1, len(edges) - 1)]
        edges = np.union1d(edges, np.linspace(low, high, 65))
    step = np.diff(edges)[:, None]
    x = edges[:-1, None] + step * points
    part = survival(edges[:-1, None, None] + (step * points)[:, :, None] * points) @ weights
    h = survived(edges)[:-1, None] + step * points * part
    mass = np.exp(rate * h - drain * x - exponent.max()) * step * weights
    blocked = rate * erlang_b(rate * work, agents - 1)
    mass *= blocked / (math.exp(-exponent.max()) + blocked * mass.sum())

    answered = mass * survival(x)
    abandonment = float((mass - answered).sum())
    waits = float(mass.sum())
    wait = float((mass * h).sum())
    return QueueFigures(
        utilisation=rate * work * (1 - abandonment) / agents,
        wait_probability=waits,
        wait_mean=wait,
        asa=float((answered * x).sum()) / (1 - abandonment),
        service_level=1 - waits + float(answered[edges[1:] <= threshold].sum()),
        abandonment=abandonment,
        queue_mean=rate * wait,
    )


def agents_needed(rate: float, work: float, share: float, threshold: float, patience: float | None = None) -> int:
    """Fewest agents that answer `share` (below 1) of the contacts within `threshold`.

    By Erlang C, or by Erlang A where the mean `patience` is given.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share must be 0 or more and below 1, not {share}")

    def reached(agents: int) -> bool:
        if patience is None:
            return erlang_c(rate, work, agents, threshold).service_level >= share
        return erlang_a(rate, work, agents, patience, threshold).service_level >= share

    low, high = 0, 1
    while not reached(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def mg1_wait(rate: float, work: float, cv: float) -> float:
    """Mean wait in M/G/1, from the mean and the coefficient of variation of work; inf if overloaded.

    Source: Pollaczek (1930), Khinchine (1932).
    """
    return cobham([rate], [work], [cv]).wait[0]


def mdc_wait(rate: float, work: float, agents: int) -> float:
    """Mean wait in M/D/c: `agents` agents, every contact takes exactly `work`; inf if overloaded.

    The queue seen every `work` seconds is Q' = max(Q + Poisson(load) - agents, 0). The zeros z_k of
    z^c = exp(load (z-1)) in the unit disc are Lambert W values and give its mean.
    Source: Crommelin (1932); Janssen & van Leeuwaarden (2005), Queueing Systems 50.
    """
    nonnegative(rate=rate)
    positive(work=work)
    count(agents=agents)
    load = rate * work
    if load >= agents:
        return math.inf
    if load == 0:
        return 0.0
    from scipy.special import lambertw

    rho = load / agents
    root_of_one: Any = np.exp(2j * np.pi * np.arange(1, agents) / agents)
    zeros = -lambertw(-rho * math.exp(-rho) * root_of_one) / rho
    queue = (1 / (1 - zeros)).sum().real - (agents * (agents - 1) - load**2) / (2 * (agents - load))
    return max(float(queue), 0.0) / rate


def cobham(rates: Sequence[float], works: Sequence[float], cvs: Sequence[float] | None = None) -> PriorityFigures:
    """M/G/1 with non-preemptive priorities, classes from the highest down; cvs default to 1.

    Classes that the load of themselves and those above exhausts wait for ever; the first of them
    still takes the time left over and so delays the classes above it.
    Source: Cobham (1954); Phipps (1956); Kleinrock, Queueing Systems II, sec. 3.6.
    """
    residual, loads, left = 0.0, [0.0], 1.0
    classes = list(_classes(rates, works, cvs))
    for rate, work, square in classes:
        residual += min(rate, left / work) * square / 2
        left = max(left - rate * work, 0.0)
        loads.append(loads[-1] + rate * work)
    waits = tuple(_delay(residual, a, b) for a, b in pairwise(loads))
    return PriorityFigures(waits, tuple(w + c[1] for w, c in zip(waits, classes, strict=True)))


def preemptive_resume(
    rates: Sequence[float], works: Sequence[float], cvs: Sequence[float] | None = None
) -> PriorityFigures:
    """M/G/1 where higher classes interrupt work, resumed later; M/M/1 with the default cvs of 1.

    `wait` is to the first start of work. Source: Kleinrock, Queueing Systems II, sec. 3.6;
    Conway, Maxwell & Miller, Theory of Scheduling, sec. 8-6.
    """
    residual, load = 0.0, 0.0
    waits, responses = [], []
    for rate, work, square in _classes(rates, works, cvs):
        above, load = load, load + rate * work
        residual += rate * square / 2
        waits.append(_delay(residual, above, load))
        responses.append(waits[-1] + (work / (1 - above) if above < 1 else math.inf))
    return PriorityFigures(tuple(waits), tuple(responses))


def _classes(
    rates: Sequence[float], works: Sequence[float], cvs: Sequence[float] | None
) -> Iterator[tuple[float, float, float]]:
    cvs = [1.0] * len(rates) if cvs is None else cvs
    if not len(rates) == len(works) == len(cvs):
        raise ValueError("rates, works and cvs must be of one length")
    for rate, work, cv in zip(rates, works, cvs, strict=True):
        nonnegative(rate=rate, cv=cv)
        positive(work=work)
        yield rate, work, work * work * (1 + cv * cv)


def _delay(residual: float, above: float, load: float) -> float:
    return residual / ((1 - above) * (1 - load)) if load < 1 else math.inf
