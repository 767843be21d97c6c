"""How many contacts come: a profile by weekday and interval, busy days beyond chance, and queues busy together.

Of one queue on day d, a weekday w, N(d) is Poisson with mean m(w) · B(d), where B, the day's busyness, is gamma with
mean 1 and a coefficient of variation that all weekdays share; it is like that of the day before, and the busyness of
queues goes together. Within a day the rate drifts about its profile.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.distributions.calendar import change_at
from ccsim.fit.quantities import Estimates
from ccsim.forecast import shape as shapes
from ccsim.forecast.drift import Drift, fit_drift
from ccsim.forecast.within import within_covariance
from ccsim.results import format
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import Z
from ccsim.tables import F64, I64

if TYPE_CHECKING:
    import pandas as pd

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST: Final = 28
"""Days that a scenario repeats at most: the last ones of the log."""
MOST_REMEMBERED: Final = 0.9
"""Memory of days beyond which drift within days, found slow, must have been taken for what is the days' own."""
WIDEST: Final = 5.0
"""Coefficient of variation up to which busyness is looked for."""


@dataclass(frozen=True)
class Profile:
    """Arrivals of a queue: `counts` : [day, interval], `weekday` : [day], 0 is Monday."""

    counts: F64
    weekday: I64
    volumes: dict[int, Estimate]
    """contacts of a day, by weekday"""
    busyness_cv: Estimate | None
    """None where no weekday came twice"""
    day_cv: float
    """what of it the drift within days does not explain"""
    p_value: float
    """chance of days that differ this much if each were Poisson"""
    memory: Estimate | None
    """correlation of busyness from one day to the next; None where too few days follow one another, or days do not
    differ"""
    drift: Drift
    """of half hours about their share of the day"""
    shares: F64
    """of a day's contacts by weekday and interval : float64[7, interval]"""

    def expected(self, weekday: int) -> F64:
        """Contacts by interval of such a day: its mean, spread by `shares`; that of all days where the log has none.

        The observed counts themselves are no shape to draw from: what chance made of them would count twice.
        """
        mine = self.weekday == weekday
        return np.asarray(self.counts[mine if mine.any() else slice(None)].sum(axis=1).mean() * self.shares[weekday])


def profile(counts: F64, days: Sequence[date]) -> Profile:
    """The arrivals of a queue from its counts : [day, interval]."""
    weekday = np.array([day.weekday() for day in days], np.int64)
    totals = counts.sum(axis=1)
    cv, p_value = busyness(totals, weekday)
    varies = cv.mean if cv else 0.0
    volumes = _volumes(totals, weekday, varies)
    usual = np.array([counts[weekday == day].mean(axis=0) for day in weekday.tolist()])
    shares = usual / np.maximum(usual.sum(axis=1, keepdims=True), 1e-12)
    rests_on = np.bincount(weekday, minlength=7)[weekday].astype(np.float64)
    drift = fit_drift(counts, shares, rests_on, 86400 // counts.shape[1], varies**2)
    day_cv = _day_cv(varies, counts, drift)
    memory = _memory(totals, weekday, days, varies, day_cv)
    return Profile(counts, weekday, volumes, cv, day_cv, p_value, memory, drift, _shares(counts, weekday))


@cache  # every queue asks for the same days
def shown(day: date, interval: int, zone: str | None) -> I64:
    """How many times the clock of the zone shows each interval of a day : int64[interval]; 1 but where it changes."""
    midnight = datetime.combine(day, time())
    starts = (midnight + timedelta(seconds=start) for start in range(0, 86400, interval))
    return np.array([{"skipped": 0, "twice": 2}.get(change_at(start, zone), 1) for start in starts], np.int64)


def _shares(counts: F64, weekday: I64) -> F64:
    """Smooth shares of a day, within the time in which somebody came on a day of that weekday."""
    shares = shapes.learn(counts, weekday, np.ones(len(weekday))).shares
    for day in np.unique(weekday).tolist():
        came = np.flatnonzero(counts[weekday == day].sum(axis=0))
        if len(came):
            shares[day, : came[0]] = shares[day, came[-1] + 1 :] = 0.0
            shares[day] /= shares[day].sum()
    return shares


def _day_cv(cv: float, counts: F64, drift: Drift) -> float:
    """What of the days' busyness the drift within days does not explain."""
    shares = counts.sum(axis=0) / max(counts.sum(), 1.0)
    size = len(shares)
    within = drift.cv.mean**2 * within_covariance(size, 86400 // size, drift.memory.mean)
    return math.sqrt(max(cv**2 - float(shares @ within @ shares), 0.0))


def _memory(totals: F64, weekday: I64, days: Sequence[date], cv: float, day_cv: float) -> Estimate | None:
    """Correlation of the days' own busyness from one to the next, with its 95 % interval.

    That of the totals about their weekday's mean, with Bartlett's error (1946) for a factor that forgets evenly,
    divided by the part of their variance that is the day's own: neither chance nor drift within days has a memory.
    """
    number = np.array([day.toordinal() for day in days])
    means = np.array([totals[weekday == day].mean() for day in weekday.tolist()])
    apart = np.where(means > 0, totals / np.maximum(means, 1e-12) - 1, 0.0)
    follows = (np.diff(number) == 1) & (means[1:] > 0) & (means[:-1] > 0)
    pairs = int(follows.sum())
    if day_cv == 0 or pairs < 10:
        return None
    noise = float((1 / means[means > 0]).mean())
    r = float(np.clip((apart[1:] * apart[:-1])[follows].mean() / (apart**2)[means > 0].mean(), -0.99, 0.99))
    share = day_cv**2 / (cv**2 + noise)
    if r > MOST_REMEMBERED * share:  # too little is left to the days themselves for what they have in common
        share = cv**2 / (cv**2 + noise)
    error = Z * math.sqrt((1 - r * r) / pairs)
    return Estimate(*(min(max(value / share, 0.0), 0.99) for value in (r, r - error, r + error)))


def _volumes(totals: F64, weekday: I64, cv: float) -> dict[int, Estimate]:
    """Means by weekday with intervals: Student's t with the days that the busyness rests on, on the log scale."""
    from scipy.stats import t

    freedom = len(totals) - len(np.unique(weekday))
    z = float(t.ppf(0.975, freedom)) if freedom else Z
    volumes: dict[int, Estimate] = {}
    for day in np.unique(weekday).tolist():
        mine = totals[weekday == day]
        mean = float(mine.mean())
        # a day without any contact is as rare as at most three a day make it (the rule of three)
        error = math.sqrt((1 / mean + cv * cv) / len(mine)) if mean else 0.0
        ends = (mean * math.exp(-z * error), mean * math.exp(z * error)) if mean else (0.0, 3 / len(mine))
        volumes[day] = Estimate(mean, *ends)
    return volumes


def busyness(totals: F64, weekday: I64) -> tuple[Estimate | None, float]:
    """Coefficient of variation of the days' busyness with its 95 % interval, and the p-value of there being none.

    It makes the sum over days of (N − m)² / (m + cv² m²), m the weekday's mean, as large as is expected, the degrees of
    freedom; where the sum meets the quantiles of its chi-squared distribution are the ends (the Q-profile of Paule and
    Mandel 1982 and Viechtbauer 2007). The degrees of freedom are reduced for the gamma distribution's heavier tail.
    """
    from scipy.optimize import brentq
    from scipy.stats import chi2

    groups = [totals[weekday == day] for day in np.unique(weekday)]
    groups = [group for group in groups if len(group) > 1 and group.sum() > 0]
    freedom = sum(len(group) - 1 for group in groups)
    if not freedom:
        return None, math.nan
    squares = np.array([((group - group.mean()) ** 2).sum() for group in groups])
    sizes = np.array([len(group) for group in groups])
    # the square of an observed mean is too large by the variance of that mean
    square = np.maximum(np.array([group.mean() for group in groups]) ** 2 - squares / (sizes - 1) / sizes, 0)
    means = np.array([group.mean() for group in groups])

    def excess(cv: float, wanted: float) -> float:
        return float((squares / (means + cv * cv * square)).sum()) - wanted

    def solved(wanted: float) -> float:
        if excess(0.0, wanted) <= 0:
            return 0.0
        return WIDEST if excess(WIDEST, wanted) > 0 else float(brentq(excess, 0.0, WIDEST, (wanted,)))

    cv = solved(freedom)
    kurtosis = 6 * cv * cv * float((means / (1 / max(cv, 1e-9) ** 2 + means)).mean()) + 1 / means.mean()
    reduced = 2 / (2 / freedom + kurtosis / sizes.sum())
    ends = [solved(freedom * float(chi2.ppf(q, reduced)) / reduced) for q in (0.975, 0.025)]
    p_value = float(chi2.sf(excess(0.0, 0.0), freedom))
    return Estimate(cv, *ends), p_value


def correlation(profiles: Sequence[Profile]) -> Estimate | None:
    """How the busyness of queues goes together, one figure for all, with its 95 % interval.

    For each pair of queues that are busier than chance: the correlation of their days' totals about the weekday's mean,
    by Fisher's z, divided by the part of both variances that is busyness (Poisson noise does not go together); pairs
    count alike. None with fewer than two such queues or five days.
    """
    pairs: list[tuple[float, float, float]] = []
    for one, other in combinations(profiles, 2):
        pair = _correlation(one, other)
        if pair is not None:
            pairs.append(pair)
    if not pairs:
        return None
    mean, low, high = (float(value) for value in np.mean(pairs, axis=0))
    return Estimate(min(max(mean, 0.0), 1.0), min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0))


def _correlation(one: Profile, other: Profile) -> tuple[float, float, float] | None:
    residuals, parts, freedom = [], [], 0
    for queue in (one, other):
        cv = queue.busyness_cv
        if cv is None or cv.mean == 0:
            return None
        totals = queue.counts.sum(axis=1)
        means = np.array([totals[queue.weekday == day].mean() for day in queue.weekday.tolist()])
        used = means > 0
        residuals.append(
            np.where(used, (totals - means) / np.sqrt(np.maximum(means + (cv.mean * means) ** 2, 1e-9)), 0)
        )
        parts.append(float(np.mean(cv.mean**2 * means[used] / (1 + cv.mean**2 * means[used]))))
        freedom = int(used.sum()) - len(np.unique(queue.weekday[used]))
    if freedom < 5:
        return None
    r = float(
        np.clip(
            residuals[0] @ residuals[1] / np.sqrt((residuals[0] ** 2).sum() * (residuals[1] ** 2).sum()), -0.999, 0.999
        )
    )
    z, error = math.atanh(r), Z / math.sqrt(max(freedom - 2, 1))
    share = math.sqrt(parts[0] * parts[1])
    return r / share, math.tanh(z - error) / share, math.tanh(z + error) / share


def counts_of(moments: pd.Series[Any], weights: F64, days: Sequence[date], interval: int) -> F64:
    size = 86400 // interval
    seconds = moments.to_numpy("datetime64[s]").astype(np.int64)
    known = np.array([np.datetime64(day, "D").astype(np.int64) for day in days])
    place = np.searchsorted(known, seconds // 86400)
    inside = known[np.minimum(place, len(known) - 1)] == seconds // 86400
    cell = place * size + seconds % 86400 // interval
    return np.asarray(np.bincount(cell[inside], weights[inside], size * len(days)), np.float64).reshape(len(days), size)


def judge(estimates: Estimates, shape: Profile) -> None:
    """Where the profile is thin, and where arrivals are no Poisson process."""
    from scipy.stats import chi2

    number = np.bincount(shape.weekday, minlength=7)
    once = [name for name, count in zip(WEEKDAYS, number.tolist(), strict=True) if count == 1]
    if once:
        estimates.warnings.append(
            f"Few data: the log has one {format.listed(once)} only; what was chance on that day is taken as usual."
        )
    if (number == 0).any():
        missing = [name for name, count in zip(WEEKDAYS, number.tolist(), strict=True) if not count]
        estimates.warnings.append(f"The log has no {format.listed(missing)}.")
    residuals = shape.counts.sum(axis=1) - np.array([shape.volumes[day].mean for day in shape.weekday.tolist()])
    if len(residuals) >= LONGEST and residuals.any():
        lagged = float(residuals[1:] @ residuals[:-1] / (residuals @ residuals))
        if lagged > max(0.3, 3 / math.sqrt(len(residuals))):
            estimates.warnings.append(
                f"Busy days follow one another (correlation {lagged:.2f} from one day to the next), as with a trend; "
                "day_memory says so, but a scenario's days have no trend."
            )
    # within a day, given its total, counts are multinomial; bunches show as too large a chi-squared sum
    excess, freedom = 0.0, 0
    for day in np.unique(shape.weekday).tolist():
        rows = shape.counts[shape.weekday == day]
        usual = rows.mean(axis=0)
        used = usual >= 2
        if len(rows) < 2 or used.sum() < 2:
            continue
        expected = np.outer(rows[:, used].sum(axis=1), usual[used] / usual[used].sum())
        excess += float(((rows[:, used] - expected) ** 2 / np.maximum(expected, 1e-9)).sum())
        freedom += (len(rows) - 1) * (int(used.sum()) - 1)
    if freedom and excess / freedom > 1.3 and chi2.sf(excess, freedom) < 0.001:
        estimates.warnings.append(
            f"Arrivals come in bunches: within days the counts of intervals vary {excess / freedom:.2f} times as much "
            "as a Poisson process with that profile; within_cv has what lasts for half hours."
        )
