"""Contacts of a day: a Gaussian process on the logarithm of what is expected, a sum of terms that each mean something.

Level with memory, weekday, place in the month and in the year, the first day after closed ones, holidays and events; of
each term the size is learned by maximum likelihood with a weak prior (Rasmussen & Williams 2006, 5.4.1), so that a term
that history does not bear out stays near 0. Counts are Poisson about it: by iterated weighted least squares (Laplace's
approximation, 3.4 there). Days without data are simply not there. Its forecast is a distribution of all days together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from ccsim.forecast.days import Days
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import Z
from ccsim.tables import F64

SLOW: Final = 60.0
"""Days over which the level is forgotten by the slow term."""
TWO_YEARS: Final = 730
"""Days of history from which on a yearly season is looked for."""
FAR: Final = 4.0
"""Standard deviations from which on a day counts as an outlier, and is weighted down."""
WIDTH: Final = 0.5
"""Of what of a month or a year counts as near."""

Term = Callable[[Days, Days], F64]


def _apart(a: F64, b: F64) -> F64:
    return np.abs(np.subtract.outer(a, b))


def _around(a: F64, b: F64) -> F64:
    """Of phases from 0 to 1 that go round: near ones are alike."""
    return np.asarray(np.exp(-2 * np.sin(np.pi * _apart(a, b)) ** 2 / WIDTH**2))


class Scale(NamedTuple):
    """A term's usual standard deviation on the logarithm, and its correlation between days."""

    usual: float
    correlation: Term
    learned: bool = True


MARKS: Final = "holidays and events"
TERMS: Final[dict[str, Scale]] = {
    "mean": Scale(3.0, lambda a, b: np.ones((len(a.number), len(b.number))), learned=False),
    "trend": Scale(0.1, lambda a, b: np.outer(a.number, b.number) / 365.25**2),
    "level": Scale(0.08, lambda a, b: np.exp(-_apart(a.number, b.number) / SLOW)),
    "weekday": Scale(0.08, lambda a, b: np.equal.outer(a.weekday, b.weekday).astype(np.float64)),
    "month": Scale(0.04, lambda a, b: _around(a.month, b.month)),
    "after closed days": Scale(0.08, lambda a, b: np.outer(a.first, b.first)),
    "year": Scale(0.1, lambda a, b: _around(a.year, b.year)),
    MARKS: Scale(0.3, lambda a, b: a.marks @ b.marks.T, learned=False),
}
"""Terms by name, but for the memory from day to day and the days' own noise."""
MEMORY: Final = 0.04
REMEMBERED: Final = 0.6
"""Usual correlation of the memory's term from one open day to the next."""
OWN: Final = 0.02


@dataclass(frozen=True)
class Level:
    """What was learned of a queue's days."""

    days: Days
    sizes: dict[str, float]
    """standard deviation by term"""
    memory: float
    remembered: float
    own: float
    """of the memory's term its standard deviation and correlation from day to day, and the days' own noise"""
    weights: F64
    """float64[day], below 1 for outliers"""
    working: F64
    variance: F64
    """logarithm of what each day's count says was expected, and its variance by chance"""

    def covariance(self, a: Days, b: Days) -> F64:
        """Of the logarithms of what is expected on two sets of days, without the days' own noise."""
        total = self.memory**2 * self.remembered ** _apart(a.step, b.step)
        for name, size in self.sizes.items():
            total += size**2 * TERMS[name].correlation(a, b)
        return np.asarray(total)

    def _solved(self, of: F64) -> F64:
        from scipy.linalg import cho_factor, cho_solve

        return np.asarray(cho_solve(cho_factor(self.covariance(self.days, self.days) + np.diag(self._noise)), of))

    def predict(self, days: Days) -> tuple[F64, F64]:
        """Mean and covariance of the logarithm of what is expected on other days, with the noise of their own.

        The covariance is larger by Akaike's factor of the final prediction error (1969): the sizes are learned from the
        same days.
        """
        across = self.covariance(days, self.days)
        solved = self._solved(np.column_stack([self.working, across.T]))
        covariance = self.covariance(days, days) - across @ solved[:, 1:] + self.own**2 * np.eye(len(days.number))
        days_learned, sizes = len(self.working), len(self.sizes) + 3
        learned = (days_learned + sizes) / max(days_learned - sizes, 0.5 * days_learned)
        return across @ solved[:, 0], learned * (covariance + covariance.T) / 2

    def fitted(self) -> F64:
        """Logarithm of what was expected on the days learned from, outliers left to their neighbours."""
        return np.asarray(self.covariance(self.days, self.days) @ self._solved(self.working))

    def components(self, days: Days) -> dict[str, F64]:
        """What each term adds to the logarithm of those days."""
        solved = self._solved(self.working)
        parts = {name: size**2 * TERMS[name].correlation(days, self.days) @ solved for name, size in self.sizes.items()}
        parts["memory"] = self.memory**2 * self.remembered ** _apart(days.step, self.days.step) @ solved
        return parts

    def effects(self) -> list[Estimate | None]:
        """By mark the factor on days that have it, with its 95 % interval; None where no day learned from has it."""
        size = self.sizes[MARKS] ** 2
        solved = self._solved(np.column_stack([self.working, self.days.marks]))
        factors: list[Estimate | None] = []
        for mark, column in enumerate(self.days.marks.T):
            mean, spread = size * column @ solved[:, 0], size - size**2 * column @ solved[:, 1 + mark]
            ends = np.exp(mean + np.array([0.0, -Z, Z]) * np.sqrt(max(spread, 0.0)))
            factors.append(Estimate(*ends.tolist()) if column.any() else None)
        return factors

    def ahead(self) -> float:
        """Variance of a day's factor as it is known the evening before, on average over the later half of the days."""
        noise = np.diag(self._noise)
        roots = np.diag(np.linalg.cholesky(self.covariance(self.days, self.days) + noise))
        usual = self.weights > 0.999
        later = (roots**2 - self.variance)[usual][usual.sum() // 2 :]
        return float(later.mean()) if len(later) else 0.0

    def apart(self) -> F64:
        """How far each day is from what all others make expect of it, on the logarithm."""
        return self._apart()[0]

    def surprises(self) -> F64:
        """The same in standard deviations of a usual day."""
        error, spread = self._apart()
        return np.asarray(error / np.sqrt(spread - self._noise + self.own**2 + self.variance))

    @property
    def _noise(self) -> F64:
        """Variance of each day's own, with the weight that it has."""
        return self.own**2 / self.weights + self.variance

    def _apart(self) -> tuple[F64, F64]:
        """Errors and their variances, with the weights that the days have (Rasmussen & Williams 2006, 5.4.2)."""
        inverse = np.linalg.inv(self.covariance(self.days, self.days) + np.diag(self._noise))
        return inverse @ self.working / np.diag(inverse), 1 / np.diag(inverse)


def learn(days: Days, counts: F64, exposure: F64, start: Level | None = None, search: bool = True) -> Level:
    """The level of those days.

    `counts` : float64[day]; `exposure` : float64[day], share of the day's contacts that its intervals with data would
    have. `start` is what was learned of fewer days: the search begins there, or without `search` its sizes stay.
    """
    likeliest = _likeliest if search or start is None else _as_before
    smoothed = np.maximum(counts, 0.5) / exposure
    working, variance = np.log(smoothed), 1 / np.maximum(counts, 0.5)
    weights = _weights(_unlike(days, working, variance))
    for _ in range(2 if counts.min() >= 30 else 4):
        level = likeliest(days, working, variance, weights, start)
        start = level
        weights = np.minimum(weights, _weights(level.surprises()))
        expected = np.exp(level.fitted()) * exposure
        rare = counts < 30  # elsewhere the logarithm of the count is as good
        working = np.where(rare, np.log(expected / exposure) + (counts - expected) / expected, working)
        variance = np.where(rare, 1 / expected, variance)
    return likeliest(days, working, variance, weights, start)


def _as_before(days: Days, working: F64, variance: F64, weights: F64, start: Level | None) -> Level:
    assert start is not None
    return replace(start, days=days, working=working, variance=variance, weights=weights)


def _weights(surprises: F64) -> F64:
    """1 for usual days; the variance of outliers is as large as makes them FAR away."""
    return np.asarray((FAR / np.maximum(np.abs(surprises), FAR)) ** 2)


def _unlike(days: Days, working: F64, variance: F64) -> F64:
    """Each day's distance from the middle of the nearest days of its weekday, in robust standard deviations.

    Only days that are far out (a fifth at least, and beyond chance) count, and none with a holiday, an event or
    unusual closed days before it: the rest is left to what is learned.
    """
    apart = np.zeros(len(working))
    for weekday in np.unique(days.weekday):
        usual = (days.marks.sum(axis=1) == 0) & (days.weekday == weekday)
        mine = np.flatnonzero(usual & (days.first == np.median(days.first[days.weekday == weekday])))
        for place, day in enumerate(mine.tolist()):
            first = min(max(0, place - 4), max(0, len(mine) - 9))
            apart[day] = working[day] - np.median(working[mine[first : first + 9]])
    spread = 1.4826 * np.median(np.abs(apart))
    far = np.abs(apart) > np.maximum(max(5 * spread, 0.2), 5 * np.sqrt(variance))
    return np.where(far, apart / max(spread, 0.02), 0.0)


def _likeliest(days: Days, working: F64, variance: F64, weights: F64, start: Level | None) -> Level:
    """Sizes of terms, memory and noise that make the days likeliest, with log-normal priors about the usual ones."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve
    from scipy.optimize import minimize

    span = days.number[-1] - days.number[0] if len(days.number) else 0
    used = {name: term for name, term in TERMS.items() if name != "year" or span >= TWO_YEARS}
    learned = [name for name, term in used.items() if term.learned]
    shapes = np.array([used[name].correlation(days, days) for name in learned])
    fixed = sum(
        (term.usual**2 * term.correlation(days, days) for term in used.values() if not term.learned),
        start=np.zeros((len(working), len(working))),
    )
    lag = _apart(days.step, days.step)
    usual = np.log([*(used[name].usual for name in learned), MEMORY, OWN, REMEMBERED / (1 - REMEMBERED)])
    middle = float(np.average(working, weights=weights))

    def loss(x: F64) -> tuple[float, F64]:
        sizes, memory, own, odds = np.exp(2 * x[:-3]), np.exp(2 * x[-3]), np.exp(2 * x[-2]), np.exp(x[-1])
        remembered = odds / (1 + odds)
        decay = remembered**lag
        total = fixed + np.tensordot(sizes, shapes, 1) + memory * decay
        try:
            factor = cho_factor(total + np.diag(own / weights + variance), lower=True)
        except LinAlgError:
            return 1e10, np.zeros(len(x))
        solved = cho_solve(factor, working - middle)
        inner = cho_solve(factor, np.eye(len(working))) - np.outer(solved, solved)
        slope = np.empty(len(x))
        slope[:-3] = sizes * (shapes * inner).sum(axis=(1, 2))
        slope[-3] = memory * (decay * inner).sum()
        slope[-2] = own * (np.diag(inner) / weights).sum()
        slope[-1] = memory * (lag * decay * (1 - remembered) * inner).sum() / 2
        value = (working - middle) @ solved / 2 + np.log(np.diag(factor[0])).sum() + ((x - usual) ** 2).sum() / 2
        return float(value), slope + x - usual

    x0 = usual
    if start is not None and list(start.sizes) == list(used):
        x0 = np.log(
            [
                *(start.sizes[name] for name in learned),
                start.memory,
                start.own,
                start.remembered / (1 - start.remembered),
            ]
        )
    logs = minimize(
        loss, x0, jac=True, method="L-BFGS-B", bounds=[(u - 6, u + 4) for u in usual], options={"maxiter": 60}
    ).x
    sizes = {
        name: float(np.exp(logs[learned.index(name)])) if term.learned else term.usual for name, term in used.items()
    }
    sizes["mean"] = max(sizes["mean"], abs(middle))
    odds = float(np.exp(logs[-1]))
    return Level(
        days, sizes, float(np.exp(logs[-3])), odds / (1 + odds), float(np.exp(logs[-2])), weights, working, variance
    )
