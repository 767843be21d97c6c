"""Times of which some are only known to be longer: Kaplan and Meier's curve, and values drawn along it."""

from __future__ import annotations

import numpy as np

from ccsim.stats.intervals import Z
from ccsim.tables import F64, Bool


def kaplan_meier(times: F64, ended: Bool) -> tuple[F64, F64]:
    """Distinct times at which something ended, and the share that lasts longer : float64[m], float64[m].

    `ended` is false where the time was cut off (censored) at that point. Source: Kaplan & Meier (1958).
    """
    at, deaths = np.unique(times[ended], return_counts=True)
    at_risk = len(times) - np.searchsorted(np.sort(times), at, side="left")
    return at, np.asarray(np.cumprod(1 - deaths / at_risk), np.float64)


def values(times: F64, ended: Bool, number: int = 1000) -> F64:
    """`number` equally likely values along the curve : float64[number], ascending.

    Beyond the last time at which a tenth of the cases is still observed the curve goes on with the mean hazard of what
    lies beyond: there single cases would decide. Raises ValueError if nothing ended.
    """
    if not ended.any():
        raise ValueError("nothing ended: there is no curve")
    cut = float(np.quantile(times, 0.9))
    at, lasts = kaplan_meier(times, ended)
    at, lasts = at[at <= cut], lasts[at <= cut]
    beyond = np.maximum(times - cut, 0).sum()
    late = int((ended & (times > cut)).sum())
    hazard = (late or ended.sum()) / (beyond if late else times.sum())
    left = 1 - (np.arange(number) + 0.5) / number
    row = np.searchsorted(-lasts, -left, side="left")  # the first step that leaves no more than this
    last = float(lasts[-1]) if len(lasts) else 1.0
    tail = cut + np.log(np.maximum(last / left, 1.0)) / hazard
    return np.where(row < len(at), at[np.minimum(row, len(at) - 1)] if len(at) else tail, tail)


def confidence(times: F64, ended: Bool) -> tuple[F64, F64]:
    """95 % intervals of `kaplan_meier`'s shares : float64[m] each, by Greenwood's formula on the log-log scale."""
    at, lasts = kaplan_meier(times, ended)
    at_risk = len(times) - np.searchsorted(np.sort(times), at, side="left")
    deaths = np.unique(times[ended], return_counts=True)[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(np.cumsum(deaths / (at_risk * (at_risk - deaths)))) / np.log(lasts)
        low, high = (lasts ** np.exp(sign * Z * error) for sign in (-1, 1))
    return np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=0.0)
