"""Distributions of durations and counts, each as its quantile function.

One draw is one uniform in (0, 1), and a distribution turns it into a value. So every distribution, of whatever family,
uses the same underlying draw: changing a mean stretches the values, changing the family bends them, and no other draw
moves. Each distribution has `mean` (float, `inf` for what never happens) and `value(u)`: float64[n], the quantiles at
uniforms `u` : float64[n], each strictly between 0 and 1; `u` is left as it is.

Durations are in seconds, counts (turns) are pure numbers. A distribution with parameters that make no sense raises
`ValueError`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from inspect import getattr_static
from numbers import Real
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from ccsim.errors import Problem, ScenarioError, call_own
from ccsim.tables import F64, I64, NEVER, SECOND


@dataclass(frozen=True)
class Constant:
    """Always `at`."""

    at: float

    def __post_init__(self) -> None:
        _demand(0 <= self.at < math.inf, f"a constant must be finite and at least 0, not {self.at}")

    @property
    def mean(self) -> float:
        return self.at

    def value(self, u: F64) -> F64:
        return np.full(len(u), self.at, dtype=np.float64)


@dataclass(frozen=True)
class Never:
    """The time that does not come: patience without end."""

    @property
    def mean(self) -> float:
        return math.inf

    def value(self, u: F64) -> F64:
        return np.full(len(u), np.inf)


@dataclass(frozen=True)
class Exponential:
    """Exponential with the given mean."""

    mean: float

    def __post_init__(self) -> None:
        _demand_mean(self.mean)

    def value(self, u: F64) -> F64:
        values: F64 = np.negative(u)
        np.log1p(values, out=values)
        values *= -self.mean
        return values


@dataclass(frozen=True)
class LogNormal:
    """exp(N(ln median, sigma²))."""

    median: float
    sigma: float

    def __post_init__(self) -> None:
        _demand(0 <= self.median < math.inf, f"a median must be finite and at least 0, not {self.median}")
        _demand(0 <= self.sigma < math.inf, f"sigma must be finite and at least 0, not {self.sigma}")

    @classmethod
    def from_mean_cv(cls, mean: float, cv: float) -> LogNormal:
        """The one with this mean and coefficient of variation: sigma² = ln(1 + cv²)."""
        _demand_mean(mean)
        _demand_cv(cv)
        return cls(mean / math.sqrt(1 + cv * cv), math.sqrt(math.log1p(cv * cv)))

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma * self.sigma / 2)

    def value(self, u: F64) -> F64:
        from scipy.special import ndtri

        values: F64 = ndtri(u)
        values *= self.sigma
        np.exp(values, out=values)
        values *= self.median
        return values


@dataclass(frozen=True)
class Gamma:
    """Gamma with shape 1 / cv² and the given mean."""

    mean: float
    cv: float

    def __post_init__(self) -> None:
        _demand_mean(self.mean)
        _demand_cv(self.cv)

    def value(self, u: F64) -> F64:
        from scipy.special import gammaincinv

        if self.cv < 1e-8:  # the shape would be beyond what floats tell apart, or infinite
            return np.full(len(u), self.mean)
        shape = 1 / (self.cv * self.cv)
        values = np.asarray(gammaincinv(shape, u), dtype=np.float64)
        values *= self.mean / shape
        return values


@dataclass(frozen=True)
class Weibull:
    """Weibull with the given mean and cv; its shape k solves 1 + cv² = Γ(1 + 2/k) / Γ(1 + 1/k)²."""

    mean: float
    cv: float

    def __post_init__(self) -> None:
        _demand_mean(self.mean)
        _demand(self.cv == 0 or 0.001 <= self.cv <= 100, f"cv of a Weibull: 0 or from 0.001 to 100, not {self.cv}")

    @cached_property
    def shape(self) -> float:
        from scipy.optimize import brentq
        from scipy.special import gammaln

        def excess(k: float) -> float:
            return float(gammaln(1 + 2 / k) - 2 * gammaln(1 + 1 / k)) - math.log1p(self.cv * self.cv)

        return float(brentq(excess, 0.1, 2000.0, xtol=1e-12))

    def value(self, u: F64) -> F64:
        if self.cv == 0:
            return np.full(len(u), self.mean)
        values = Exponential(1.0).value(u)
        np.power(values, 1 / self.shape, out=values)
        values *= self.mean / math.gamma(1 + 1 / self.shape)
        return values


@dataclass(frozen=True)
class Uniform:
    """Even on [low, high]."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _demand(0 <= self.low <= self.high < math.inf, f"0 <= low <= high must hold, not {self.low} and {self.high}")

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    def value(self, u: F64) -> F64:
        return self.low + (self.high - self.low) * u


@dataclass(frozen=True)
class Geometric:
    """Number of trials up to the first success: 1, 2, … with the given mean, at least 1."""

    mean: float

    def __post_init__(self) -> None:
        _demand(1 <= self.mean < math.inf, f"a geometric mean must be finite and at least 1, not {self.mean}")

    def value(self, u: F64) -> F64:
        if self.mean == 1:
            return np.ones(len(u))
        values = Exponential(-1 / math.log1p(-1 / self.mean)).value(u)
        np.floor(values, out=values)
        values += 1
        return values


@dataclass(frozen=True)
class Empirical:
    """One of the observed values, each as likely as the next."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        _demand(len(self.values) > 0, "an empirical distribution needs at least one value")
        _demand(all(0 <= v < math.inf for v in self.values), "empirical values must be finite and at least 0")

    @cached_property
    def _sorted(self) -> F64:
        return np.sort(np.array(self.values, dtype=np.float64))

    @property
    def mean(self) -> float:
        return float(np.mean(self._sorted))

    def value(self, u: F64) -> F64:
        n = len(self.values)
        return self._sorted[np.minimum((u * n).astype(np.int64), n - 1)]


@dataclass(frozen=True)
class Mixture:
    """One of `parts`, picked with chances proportional to `weights`.

    The uniform picks the part; its place within the part's share is the part's own uniform.
    """

    weights: tuple[float, ...]
    parts: tuple[Distribution, ...]

    def __post_init__(self) -> None:
        _demand(len(self.weights) == len(self.parts), "a mixture needs a weight for every part")
        _demand(all(0 <= w < math.inf for w in self.weights), "weights must be finite and at least 0")
        _demand(sum(self.weights) > 0, "the weights of a mixture must not all be 0")

    @property
    def mean(self) -> float:
        shares = zip(self.weights, self.parts, strict=True)
        return sum(weight * part.mean for weight, part in shares if weight > 0) / sum(self.weights)

    def value(self, u: F64) -> F64:
        edges = np.concatenate(([0.0], np.cumsum(self.weights))) / sum(self.weights)
        values = np.empty(len(u))
        # every uniform beyond the last edge but one is the last part's, however the edges were rounded
        which = np.searchsorted(edges[1:-1], u, side="right")
        for i, part in enumerate(self.parts):
            mine = which == i
            if mine.any():
                values[mine] = part.value(open_unit((u[mine] - edges[i]) / (edges[i + 1] - edges[i])))
        return values


@runtime_checkable
class Quantiles(Protocol):
    """A distribution that a program brings."""

    @property
    def mean(self) -> float:
        """In seconds."""

    def quantile(self, u: F64) -> F64:
        """Values in seconds : float64[n], none below 0, at uniforms in (0, 1) : float64[n]."""


@dataclass(frozen=True)
class Own:
    """A distribution that a program or a package brings, by name and parameters."""

    family: str
    parameters: tuple[tuple[str, float], ...]
    code: str
    """a digest of the class that brings it: another one of that name is another distribution"""
    brought: Quantiles = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        # before Python 3.12 isinstance would ask for the mean
        both = all(getattr_static(self.brought, name, Own) is not Own for name in ("mean", "quantile"))
        _demand(both, f"{self.family} has not both mean and quantile(u)")
        mean: float = self._call("mean", getattr, self.brought, "mean")
        known = isinstance(mean, Real) and 0 <= mean < math.inf
        _demand(known, f"the mean of {self.family} must be finite and at least 0, not {mean}")
        values = self._values(np.arange(1, 100) / 100)
        _demand(bool((np.diff(values) >= 0).all()), f"quantiles of {self.family} must not fall")
        least = float(values.sum()) / 100  # each quantile holds until the next one
        _demand(
            self.mean >= least * (1 - 1e-9),
            f"the mean of {self.family} is {self.mean:g}, but by its quantiles at least {least:g}",
        )

    @property
    def mean(self) -> float:
        return float(self._call("mean", getattr, self.brought, "mean"))

    def value(self, u: F64) -> F64:
        try:
            return self._values(u)
        except ValueError as bad:  # at a uniform that was not tried before
            raise ScenarioError([Problem(f"distribution {self.family}", str(bad), "")]) from bad

    def _values(self, u: F64) -> F64:
        given = self._call("quantile", self.brought.quantile, u.copy())
        try:
            values = np.array(given, dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"quantiles of {self.family} are no numbers, of type {type(given).__name__}") from None
        _demand(values.shape == u.shape, f"quantiles of {self.family} : {values.shape} for uniforms {u.shape}")
        known = bool(((values >= 0) & (values < math.inf)).all())
        _demand(known, f"quantiles of {self.family} must be finite numbers of at least 0")
        return values

    def _call(self, called: str, function: Callable[..., Any], *given: Any) -> Any:
        return call_own(f"distribution {self.family}", f"{type(self.brought).__name__}.{called}", function, *given)


Distribution: TypeAlias = (
    Constant | Never | Exponential | LogNormal | Gamma | Weibull | Uniform | Geometric | Empirical | Mixture | Own
)
"""Any of the distributions; `isinstance(x, Distribution)` works."""

FIXED = (Constant, Never)
"""What takes no draw."""

SMALLEST = 2.0**-54
"""The smallest uniform handed to a distribution: half a step of those numpy draws, so that the tail at 0 is finite."""


CHUNK = 1 << 14
"""Values worked out at a time: so many stay in a processor's cache from one step to the next."""


def open_unit(u: F64) -> F64:
    """`u` with its ends moved just inside (0, 1); in place."""
    return np.clip(u, SMALLEST, 1 - 2.0**-53, out=u)


def micros(distribution: Distribution, u: F64) -> I64:
    """Durations drawn from `distribution` : int64[n], microseconds, rounded this once; `NEVER` for what never comes."""
    if isinstance(distribution, FIXED):
        return np.full(len(u), to_micros(distribution.mean), dtype=np.int64)
    if len(u) <= CHUNK:
        return _micros(distribution, u)
    drawn = np.empty(len(u), dtype=np.int64)
    for start in range(0, len(u), CHUNK):
        drawn[start : start + CHUNK] = _micros(distribution, u[start : start + CHUNK])
    return drawn


def _micros(distribution: Distribution, u: F64) -> I64:
    values = distribution.value(u)
    values *= SECOND
    np.rint(values, out=values)
    return np.minimum(values, float(NEVER), out=values).astype(np.int64)


def to_micros(seconds: float) -> int:
    """One duration in whole microseconds; `NEVER` for `inf`."""
    return NEVER if seconds * SECOND >= NEVER else round(seconds * SECOND)


def counts(distribution: Distribution, u: F64) -> I64:
    """Numbers of turns drawn from `distribution` : int64[n], rounded, at least 1."""
    values = distribution.value(u)
    np.rint(values, out=values)
    return np.maximum(values, 1.0, out=values).astype(np.int64)


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _demand_mean(mean: float) -> None:
    _demand(0 <= mean < math.inf, f"a mean must be finite and at least 0, not {mean}")


def _demand_cv(cv: float) -> None:
    _demand(0 <= cv < math.inf, f"a coefficient of variation must be finite and at least 0, not {cv}")
