"""Who comes in the rest of the day: the scenario's volume, corrected by what has come so far.

Contacts so far tell how busy the day is: by how much, given how much days and half hours differ (`busyness`), says the
forecast's credibility (forecast/within.py). Every replication draws its own factors from what is left open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ccsim.distributions.durations import Constant
from ccsim.distributions.streams import Streams, key_of, owner_of
from ccsim.forecast.within import Busyness, rest_of_day
from ccsim.scenario.model import Scenario
from ccsim.stats.intervals import NONE_BY_CHANCE
from ccsim.tables import F64, I64, SECOND
from ccsim.today.observed import Observed
from ccsim.workload.customers import Arrivals, Customers, Group, lowered

STEP = 1800 * SECOND
SURPRISING = 3.0
"""Standard deviations from which counts are not what the scenario expects."""


@dataclass(frozen=True)
class Forecast:
    """One volume's expectation and what has come."""

    name: str
    edges: I64
    """µs: bounds of the intervals, the last of those that are known being now"""
    expected: F64
    """by interval, before the day began; 0 of those that nobody has counted"""
    counts: F64
    """by interval that is over"""
    factors: F64
    """on the intervals to come, by replication : float64[interval, replication]"""
    varies: bool
    """days differ, says the scenario"""

    @property
    def factor(self) -> float:
        """Of the rest as a whole, on average."""
        rest = self.expected[len(self.counts) :]
        return float((self.factors.mean(axis=1) * rest).sum() / rest.sum()) if rest.sum() > 0 else 1.0


@dataclass(frozen=True)
class Rest:
    """What the roots of a replication of the rest are drawn from."""

    customers: Customers
    """those to come, as the scenario has them, and rows for those that have come"""
    forecasts: dict[int, Forecast]
    """by queue number; -1: the demand"""
    warnings: tuple[str, ...]

    def drawn(self, replication: int) -> Customers:
        """With the factors of a replication, from 0."""
        inflows = list(self.customers.inflows)
        for q, forecast in self.forecasts.items():
            if q >= 0:
                own = inflows[q].own
                assert own is not None
                inflows[q] = replace(inflows[q], own=_busy(own, forecast, replication))
        demand = self.customers.demand
        if demand is not None and -1 in self.forecasts:
            demand = _busy(demand, self.forecasts[-1], replication)
        return replace(self.customers, inflows=tuple(inflows), demand=demand)


def _busy(arrivals: Arrivals, forecast: Forecast, replication: int) -> Arrivals:
    assert arrivals.rate is not None
    later = forecast.edges[len(forecast.counts) :]
    rate = arrivals.rate.cut(later)
    piece = np.searchsorted(later, rate.edges[:-1], side="right") - 1
    factors = np.append(forecast.factors[:, replication], 1.0)
    return replace(arrivals, rate=rate.scaled(np.where(piece >= 0, factors[np.maximum(piece, 0)], 1.0)))


def rest_of(scenario: Scenario, observed: Observed, known: list[int], replications: int, expected: F64 | None) -> Rest:
    """`known` : rows that each queue needs for what has been; `expected` contacts by queue so far for each root that is
    expected, where the log does not tell first contacts from others."""
    at, customers = observed.at, lowered(scenario)
    names = list(scenario.queue)
    forecasts: dict[int, Forecast] = {}
    warnings = list[str]()
    inflows = []
    for q, inflow in enumerate(customers.inflows):
        own = inflow.own
        if own is not None and own.rate is not None:
            came = _times(observed, [q])
            forecasts[q] = _forecast(scenario, names[q], own, came, at, replications, _ratio(expected, [q]))
        inflows.append(
            replace(
                inflow,
                own=None if own is None else _later(own, at),
                backlog=(known[q], Constant(1.0), owner_of("today", names[q])),
                written=tuple(_written_later(group, at) for group in inflow.written),
            )
        )
    demand = customers.demand
    if demand is not None:
        if demand.rate is not None:
            mixed = [q for q in range(len(names)) if q not in forecasts]
            came = _times(observed, mixed)
            ratio = _ratio(expected, mixed)
            forecasts[-1] = _forecast(scenario, None, demand, came, at, replications, ratio)
        demand = _later(demand, at)
    for forecast in forecasts.values():
        warnings += _surprise(forecast)
    if missed := _missed(scenario, observed, forecasts):
        warnings.append(missed)
    return Rest(replace(customers, inflows=tuple(inflows), demand=demand), forecasts, tuple(warnings))


def _ratio(expected: F64 | None, queues: list[int]) -> float:
    return 1.0 if expected is None else float(np.mean(expected[queues]))


def _times(observed: Observed, queues: list[int]) -> I64 | None:
    """When contacts came today, if they are known to be about something new; None where nobody has counted them."""
    if not observed.counted.issuperset(queues):
        return None
    return np.array(
        [c.arrival for c in observed.contacts if c.queue in queues and c.arrival >= 0 and c.first], dtype=np.int64
    )


def _forecast(
    scenario: Scenario, name: str | None, own: Arrivals, came: I64 | None, at: int, replications: int, ratio: float
) -> Forecast:
    assert own.rate is not None
    end = int(own.midnights[-1])
    edges = np.concatenate([np.arange(at % STEP, at + 1, STEP), np.arange(at + STEP, end, STEP), [end]])
    edges = np.concatenate([[0], edges[edges > 0]])
    expected = np.diff(np.interp(edges.astype(np.float64), own.rate.edges.astype(np.float64), own.rate.expected))
    so_far = int(np.searchsorted(edges, at))
    counts = np.zeros(so_far) if came is None else np.histogram(came, edges[: so_far + 1])[0] / ratio
    counted = expected if came is not None else np.where(np.arange(len(expected)) < so_far, 0.0, expected)
    of = own.busy
    busy = Busyness() if of is None else Busyness(of.day_cv, of.day_memory, of.within_cv, of.within_memory)
    rest = rest_of_day(counted, counts, STEP // SECOND, busy)
    n = len(rest.mean)
    streams = [Streams(key_of(scenario.seed), replication) for replication in range(replications)]
    owner = owner_of("today", "busyness", name or "demand")
    from scipy.stats import norm

    uniforms = np.stack([stream.sequence(owner, n) for stream in streams], axis=1)
    factors = rest.factors(norm.ppf(uniforms)) if n else np.ones((0, replications))
    return Forecast(name or "demand", edges, counted, counts, factors, own.busy is not None)


def _later(own: Arrivals, at: int) -> Arrivals:
    """Those who come from `at` on; how busy the day is comes with the factors."""
    if own.rate is not None:
        end = max(at, int(own.rate.edges[-1]))
        return replace(own, rate=own.rate.within(np.array([[at, end]], dtype=np.int64)), busy=None)
    later = own.times >= at
    return replace(
        own,
        times=own.times[later],
        work=None if own.work is None else own.work[later],
        opened=None if own.opened is None else own.opened[later],
    )


def _written_later(group: Group, at: int) -> Group:
    later = group.times >= at
    return replace(
        group,
        people=group.people.some(later),
        times=group.times[later],
        until=None if group.until is None else group.until[later],
    )


def _missed(scenario: Scenario, observed: Observed, forecasts: dict[int, Forecast]) -> str:
    """Says when so many were expected since the last who came that the log seems to end before now."""
    if observed.from_counts:
        return ""
    last = max((c.arrival for c in observed.contacts if c.arrival >= 0), default=0)
    expected = 0.0
    for forecast in forecasts.values():
        edges = forecast.edges[: len(forecast.counts) + 1]
        by = np.append(0.0, np.cumsum(forecast.expected[: len(forecast.counts)]))
        expected += float(by[-1] - np.interp(last, edges, by))
    if expected <= NONE_BY_CHANCE:
        return ""
    return (
        f"nobody has come since {scenario.calendar.local(last):%H:%M}, though {expected:.0f} were expected: does the "
        "log reach until --at?"
    )


def _surprise(forecast: Forecast) -> list[str]:
    """Says when the counts are not what a scenario without busyness expects."""
    expected, came = float(forecast.expected[: len(forecast.counts)].sum()), float(forecast.counts.sum())
    if forecast.varies or abs(came - expected) <= SURPRISING * max(expected, 1.0) ** 0.5:
        return []
    return [
        f"{forecast.name}: {came:.0f} first contacts came where {expected:.0f} were expected, and the scenario has no "
        "busyness: the rest of the day is taken as expected"
    ]
