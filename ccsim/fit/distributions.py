"""Distributions fitted to times of which some are only known to be longer (censored): maximum likelihood, chosen by
BIC.

Every family is one that a scenario can write. Estimates are of the parameters as the scenario names them, with 95 %
intervals from the observed information (delta method, on the log scale; logit for weights).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ccsim.distributions.durations import Constant, Distribution, Exponential, Gamma, LogNormal, Mixture, Weibull
from ccsim.scenario.values import LONGEST
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import Z
from ccsim.stats.survival import kaplan_meier
from ccsim.tables import F64, SECOND, Bool

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW: Final = 10
"""Ended times below which only an exponential distribution is fitted."""

MISFIT: Final = 0.05
"""Distance from the data's curve from which the best distribution is judged not to fit, and the data's values are
used."""

MANY: Final = 5_000
"""Times from which likelihoods are computed on a grid with steps of a thousandth."""


NARROWEST: Final = 0.05
"""Sigma below which a part of a mixture is no distribution, but a value that comes often."""


class Sample(NamedTuple):
    """Times in seconds; `ended` is false where the time was cut off (censored). Both : [n]."""

    times: F64
    ended: Bool


@dataclass(frozen=True)
class Family:
    """A family of distributions by its unconstrained parameters θ.

    `log_density` and `log_survival` take (θ, seconds); `natural` turns θ into the parameters by name, `shares` of which
    lie between 0 and 1, all others above 0; `distribution` makes the distribution of them.
    """

    start: Callable[[F64, F64], list[float]]
    """θ to begin with, from times and weights"""
    log_density: Callable[[F64, F64], F64]
    log_survival: Callable[[F64, F64], F64]
    natural: Callable[[F64], dict[str, float]]
    distribution: Callable[[dict[str, float]], Distribution]
    shares: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fitted:
    """A family fitted to a sample: `parameters` by name, the maximal log-likelihood, and information criteria."""

    family: str
    distribution: Distribution
    parameters: dict[str, Estimate]
    log_likelihood: float
    aic: float
    bic: float
    distance: float
    """largest vertical distance to the data's (Kaplan and Meier's) curve, while a tenth of the cases is observed"""
    theta: tuple[float, ...]
    """its unconstrained parameters"""

    def survival(self, times: F64) -> F64:
        """The share that lasts longer than each time."""
        return _survival(FAMILIES[self.family], np.array(self.theta), times)


# ── families ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _special(name: str) -> Any:
    import scipy.special

    return getattr(scipy.special, name)


def _moments(times: F64, weights: F64) -> tuple[float, float]:
    mean = float(np.average(times, weights=weights))
    return mean, max(float(np.average((times - mean) ** 2, weights=weights)) ** 0.5 / mean, 0.05)


def _lognormal_density(theta: F64, times: F64) -> F64:
    logs, sigma = np.log(times), math.exp(theta[1])
    return np.asarray(-0.5 * ((logs - theta[0]) / sigma) ** 2 - logs - theta[1] - 0.5 * math.log(2 * math.pi))


def _lognormal_survival(theta: F64, times: F64) -> F64:
    return np.asarray(_special("log_ndtr")(-(np.log(times) - theta[0]) / math.exp(theta[1])))


def _gamma_density(theta: F64, times: F64) -> F64:
    shape = math.exp(-2 * theta[1])
    scale = math.exp(theta[0]) / shape
    return np.asarray((shape - 1) * np.log(times) - times / scale - shape * math.log(scale) - math.lgamma(shape))


def _gamma_survival(theta: F64, times: F64) -> F64:
    shape = math.exp(-2 * theta[1])
    left = _special("gammaincc")(shape, times * shape / math.exp(theta[0]))
    return np.asarray(np.log(np.maximum(left, 1e-300)))


def _weibull_density(theta: F64, times: F64) -> F64:
    shape, logs = math.exp(theta[1]), np.log(times) - theta[0]
    return np.asarray(theta[1] - theta[0] + (shape - 1) * logs - np.exp(shape * logs))


def _weibull_survival(theta: F64, times: F64) -> F64:
    return np.asarray(-np.exp(math.exp(theta[1]) * (np.log(times) - theta[0])))


def _weibull_start(times: F64, weights: F64) -> list[float]:
    mean, cv = _moments(times, weights)
    shape = cv**-1.086  # Justus' approximation
    return [math.log(mean / math.gamma(1 + 1 / shape)), math.log(shape)]


def _weibull_natural(theta: F64) -> dict[str, float]:
    scale, shape = math.exp(theta[0]), math.exp(theta[1])
    log_mean = math.lgamma(1 + 1 / shape)
    excess = math.lgamma(1 + 2 / shape) - 2 * log_mean
    return {"mean": scale * math.exp(log_mean), "cv": math.sqrt(math.expm1(excess))}


def _expit(x: float) -> float:
    return min(max(0.5 * (1 + math.tanh(x / 2)), 1e-12), 1 - 1e-12)


def _mixed(part: Callable[[F64, F64], F64], width: int) -> Callable[[F64, F64], F64]:
    """The log of a mixture of two of the same family: θ is a logit of the first's weight, then the θ of both."""

    def value(theta: F64, times: F64) -> F64:
        first = math.log(_expit(theta[0])) + part(theta[1 : 1 + width], times)
        other = math.log(_expit(-theta[0])) + part(theta[1 + width :], times)
        return np.asarray(np.logaddexp(first, other))

    return value


def _halves(start: Callable[[F64, F64], list[float]]) -> Callable[[F64, F64], list[float]]:
    """Both parts of a mixture from the shorter and the longer half."""

    def value(times: F64, weights: F64) -> list[float]:
        order = np.argsort(times)
        half = np.cumsum(weights[order]) <= weights.sum() / 2
        half[0], half[-1] = True, False
        low, high = order[half], order[~half]
        return [0.0, *start(times[low], weights[low]), *start(times[high], weights[high])]

    return value


def _longer(mean: float) -> Exponential:
    """The longer part, of those whose end nobody has seen: a scenario has no more than a hundred years for it."""
    return Exponential(min(mean, LONGEST / SECOND))


def _two_means(theta: F64) -> dict[str, float]:
    (mean, weight), (other, _) = sorted([(theta[1], _expit(theta[0])), (theta[2], _expit(-theta[0]))])
    return {"weight": weight, "mean": math.exp(mean), "mean_2": math.exp(other)}


def _two_lognormals(theta: F64) -> dict[str, float]:
    """Raises ArithmeticError where a part is so narrow that it is a few equal times, whose likelihood has no limit."""
    if min(theta[2], theta[4]) < math.log(NARROWEST):
        raise ArithmeticError("a part of equal times")
    parts = sorted([(theta[1], theta[2], _expit(theta[0])), (theta[3], theta[4], _expit(-theta[0]))])
    (median, sigma, weight), (other, width, _) = parts
    values = (weight, math.exp(median), math.exp(sigma), math.exp(other), math.exp(width))
    return dict(zip(("weight", "median", "sigma", "median_2", "sigma_2"), values, strict=True))


def _lognormal_start(times: F64, weights: F64) -> list[float]:
    logs = np.log(times)
    centre = float(np.average(logs, weights=weights))
    width = float(np.average((logs - centre) ** 2, weights=weights)) ** 0.5
    return [centre, math.log(max(width, 0.05))]


def _exponential_start(times: F64, weights: F64) -> list[float]:
    return [math.log(float(np.average(times, weights=weights)))]


def _exponential_density(theta: F64, times: F64) -> F64:
    return np.asarray(-theta[0] - times * math.exp(-theta[0]))


def _exponential_survival(theta: F64, times: F64) -> F64:
    return np.asarray(-times * math.exp(-theta[0]))


FAMILIES: Final[dict[str, Family]] = {
    "exponential": Family(
        _exponential_start,
        _exponential_density,
        _exponential_survival,
        lambda theta: {"mean": math.exp(theta[0])},
        lambda p: Exponential(p["mean"]),
    ),
    "lognormal": Family(
        _lognormal_start,
        _lognormal_density,
        _lognormal_survival,
        lambda theta: {"median": math.exp(theta[0]), "sigma": math.exp(theta[1])},
        lambda p: LogNormal(p["median"], p["sigma"]),
    ),
    "gamma": Family(
        lambda times, weights: [math.log(value) for value in _moments(times, weights)],
        _gamma_density,
        _gamma_survival,
        lambda theta: {"mean": math.exp(theta[0]), "cv": math.exp(theta[1])},
        lambda p: Gamma(p["mean"], p["cv"]),
    ),
    "weibull": Family(
        _weibull_start,
        _weibull_density,
        _weibull_survival,
        _weibull_natural,
        lambda p: Weibull(p["mean"], p["cv"]),
    ),
    "hyperexponential": Family(
        _halves(_exponential_start),
        _mixed(_exponential_density, 1),
        _mixed(_exponential_survival, 1),
        _two_means,
        lambda p: Mixture((p["weight"], 1 - p["weight"]), (Exponential(p["mean"]), _longer(p["mean_2"]))),
        shares=("weight",),
    ),
    "lognormal_mixture": Family(
        _halves(_lognormal_start),
        _mixed(_lognormal_density, 2),
        _mixed(_lognormal_survival, 2),
        _two_lognormals,
        lambda p: Mixture(
            (p["weight"], 1 - p["weight"]),
            (LogNormal(p["median"], p["sigma"]), LogNormal(p["median_2"], p["sigma_2"])),
        ),
        shares=("weight",),
    ),
}
"""Families by name."""

WORK: Final = ("exponential", "lognormal", "gamma", "weibull", "lognormal_mixture")
PATIENCE: Final = ("exponential", "lognormal", "gamma", "weibull", "hyperexponential")


# ── maximum likelihood ───────────────────────────────────────────────────────────────────────────────────────────────


def fit(family: str, sample: Sample, *, partly: bool = False) -> Fitted:
    """The family's likeliest distribution.

    Raises ValueError if nothing ended, or if all that ended took the same time, and ArithmeticError if a part of a
    mixture has come to nothing, or to one time.

    With `partly` only a share ends at all: it is one of the parameters, and the distribution is that of those who do.
    """
    from scipy.optimize import minimize

    kind = _partly(FAMILIES[family]) if partly else FAMILIES[family]
    counted = _counted(sample)
    ended, weights = counted.times[counted.ended], counted.weights[counted.ended]
    cut, cut_weights = counted.times[~counted.ended], counted.weights[~counted.ended]
    if len(ended) < (1 if family == "exponential" else 2):
        raise ValueError("too few different times")
    total = counted.weights.sum()

    def loss(theta: F64) -> float:
        """The mean of minus the log-likelihood."""
        try:
            value = weights @ kind.log_density(theta, ended) + cut_weights @ kind.log_survival(theta, cut)
        except OverflowError:
            return 1e10
        return float(-value / total) if np.isfinite(value) else 1e10

    with np.errstate(all="ignore"):
        if family == "exponential" and not partly:
            best = np.array([math.log(float(counted.times @ counted.weights) / weights.sum())])
        else:
            # the total time divided by those that ended is the mean if the hazard is constant
            stretch = math.log(max(float(counted.times @ counted.weights) / float(ended @ weights), 1.0))
            first = np.array(kind.start(ended, weights))
            begun = [first] if partly or stretch < 0.05 else [first, _shifted(family, first, stretch)]
            minima = [minimize(loss, theta, method="BFGS", options={"gtol": 1e-7, "maxiter": 500}) for theta in begun]
            best = np.asarray(min(minima, key=lambda result: float(result.fun)).x, np.float64)
        spread = np.linalg.pinv(_hessian(loss, best) * total)
    likelihood = -loss(best) * total
    size = len(best)
    return Fitted(
        family,
        kind.distribution(kind.natural(best)),
        _intervals(kind, best, spread),
        likelihood,
        2 * size - 2 * likelihood,
        size * math.log(total) - 2 * likelihood,
        _distance(kind, best, sample),
        tuple(best[1:].tolist() if partly else best.tolist()),
    )


def _partly(kind: Family) -> Family:
    """Of which only a share ends at all: θ is a logit of that share, then the family's own."""

    def natural(theta: F64) -> dict[str, float]:
        return {"share": _expit(theta[0]), **kind.natural(theta[1:])}

    def log_survival(theta: F64, times: F64) -> F64:
        ends = _expit(theta[0])
        return np.asarray(np.log(1 - ends + ends * np.exp(kind.log_survival(theta[1:], times))))

    return Family(
        lambda times, weights: [-2.0, *kind.start(times, weights)],
        lambda theta, times: math.log(_expit(theta[0])) + kind.log_density(theta[1:], times),
        log_survival,
        natural,
        lambda p: kind.distribution({name: value for name, value in p.items() if name != "share"}),
        ("share", *kind.shares),
    )


def _shifted(family: str, theta: F64, stretch: float) -> F64:
    """The start moved towards longer times, where most of the sample is censored."""
    moved = theta.copy()
    places = {"hyperexponential": [2], "lognormal_mixture": [3]}.get(family, [0])
    moved[places] += stretch
    return moved


def fit_all(families: Sequence[str], sample: Sample, *, partly: bool = False) -> list[Fitted]:
    """The families fitted to a sample, the least BIC first; only the exponential with FEW data, none without.

    There is none of a constant either, nor of a share that ends after one and the same time.
    """
    different = len(np.unique(sample.times[sample.ended]))
    if different < (2 if partly else 1) or constant(sample) is not None:
        return []
    if sample.ended.sum() < FEW or different < 2:
        families = ("exponential",)
    fits = []
    for family in families:
        with suppress(ArithmeticError):  # a mixture of which one part vanished into nothing, or into one time
            fits.append(fit(family, sample, partly=partly))
    return sorted(fits, key=lambda fitted: fitted.bic)


class _Counted(NamedTuple):
    times: F64
    ended: Bool
    weights: F64


def _counted(sample: Sample) -> _Counted:
    """Different times with how often they came.

    A time of zero that ended counts as half the smallest: clocks have a step. One cut off at once tells nothing.
    """
    times, ended = sample
    informative = (times > 0) | ended
    times, ended = times[informative], ended[informative]
    if not ended.any():
        raise ValueError("nothing ended")
    positive = times[times > 0]
    least = positive.min() / 2 if len(positive) else 0.5
    times = np.maximum(times, least)
    if len(times) > MANY:
        times = np.exp(np.rint(np.log(times) * 1000) / 1000)
    keys, counts = np.unique(np.where(ended, times, -times), return_counts=True)
    return _Counted(np.abs(keys), keys > 0, counts.astype(np.float64))


def _hessian(function: Callable[[F64], float], at: F64) -> NDArray[np.float64]:
    """Second derivatives by central differences."""
    size, step = len(at), 1e-3
    steps = np.eye(size) * step
    hessian = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            corners = [
                function(at + one * steps[i] + other * steps[j]) * one * other for one in (1, -1) for other in (1, -1)
            ]
            hessian[i, j] = hessian[j, i] = sum(corners) / (4 * step * step)
    return hessian


def _intervals(kind: Family, theta: F64, spread: NDArray[np.float64]) -> dict[str, Estimate]:
    """95 % intervals by the delta method, of log parameters, or of logits of shares."""

    def scaled(at: F64) -> F64:
        values = kind.natural(at)
        return np.array(
            [math.log(v / (1 - v)) if name in kind.shares else math.log(v) for name, v in values.items()], np.float64
        )

    step = 1e-5
    slopes = [(scaled(theta + row) - scaled(theta - row)) / (2 * step) for row in np.eye(len(theta)) * step]
    slope = np.array(slopes).T
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slope, spread, slope), 0))
    intervals: dict[str, Estimate] = {}
    for (name, value), middle, error in zip(kind.natural(theta).items(), scaled(theta), errors, strict=True):
        ends = (middle - Z * error, middle + Z * error)
        low, high = (
            (_expit(end) for end in ends)
            if name in kind.shares
            else (math.exp(min(max(end, -700.0), 700.0)) for end in ends)
        )
        intervals[name] = Estimate(value, low, high)
    return intervals


def _survival(kind: Family, theta: F64, times: F64) -> F64:
    with np.errstate(all="ignore"):
        return np.asarray(np.exp(kind.log_survival(theta, np.maximum(times, 1e-9))))


def _distance(kind: Family, theta: F64, sample: Sample) -> float:
    at, lasts = kaplan_meier(*sample)
    if not sample.ended.all():
        within = at <= np.quantile(sample.times, 0.9)
        at, lasts = at[within], lasts[within]
    if not len(at):
        return 0.0
    model = _survival(kind, theta, at)
    before = np.concatenate(([1.0], lasts[:-1]))
    return float(np.maximum(np.abs(lasts - model), np.abs(before - model)).max())


def constant(sample: Sample) -> Constant | None:
    """The distribution of a sample in which everything that ended took the same time, and nothing went on for longer.

    Of callers of whom one gave up after 7 s and the others were answered later, 7 s is nobody else's patience.
    """
    different = np.unique(sample.times[sample.ended])
    if len(different) != 1 or sample.times.max() > different[0]:
        return None
    return Constant(float(different[0]))
