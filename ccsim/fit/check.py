"""A fitted scenario run on the log's own days, set beside the log: and where they differ."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ccsim.fit.contacts import GAVE_UP, NEVER_CAME, all_contacts
from ccsim.fit.estimate import Fit
from ccsim.fit.queues import waits_of_answered
from ccsim.lowering import lower
from ccsim.metrics import METRICS, Measures
from ccsim.metrics.registry import Level, Metric
from ccsim.results import format
from ccsim.runs.run import replicate
from ccsim.scenario.model import Scenario
from ccsim.stats.estimate import Estimate
from ccsim.tables import F64, SECOND
from ccsim.workload.sample import recipe_of

if TYPE_CHECKING:
    import pandas as pd

COMPARED: Final = ("offered", "handle_mean", "service_level", "asa", "abandonment")
"""Of a queue. In total also `utilisation`: the share of agents' time in work."""
TOTAL: Final = "total"
REPLICATIONS: Final = 10
FEWEST: Final = 4
"""Replications of large logs."""
CONTACTS: Final = 200_000
"""In all replications together, roughly: a large log is compared on its first days."""
LEVEL: Final = 0.95
"""Of the band in which the log is expected, if it were one more run of the scenario."""
MATTERS: Final = {"offered": (0.1, 0.0), "handle_mean": (0.1, 0.0), "asa": (0.2, 3.0), "service_level": (0.0, 0.03),
                  "abandonment": (0.0, 0.02), "utilisation": (0.0, 0.03)}  # fmt: skip
"""Differences that are not spoken of, though chance would be smaller: part of the log's figure, and added to it."""
FACTORS: Final = (0.6, 1.6)
"""Between which the factor on agents' time is sought."""

Key = tuple[str, int | None, str]
"""Queue or TOTAL, weekday or None for all, metric."""


class Ratio(NamedTuple):
    """A figure as numerator and denominator."""

    above: float
    below: float


@dataclass(frozen=True)
class Compared:
    """A figure of the log beside that of the scenario."""

    name: str
    weekday: int | None
    metric: str
    log: float
    scenario: Estimate
    """mean over replications, and the band in which one run more would be with LEVEL"""

    @property
    def of(self) -> Metric:
        """The metric's description."""
        return METRICS["team" if self.metric == "utilisation" else "queue", self.metric]

    @property
    def differs(self) -> bool:
        """By more than chance, and by as much as matters."""
        part, add = MATTERS[self.metric]
        small = abs(self.log - self.scenario.mean) <= part * abs(self.log) + add
        return not small and not self.scenario.low <= self.log <= self.scenario.high


@dataclass(frozen=True)
class Check:
    """All comparisons, the days that they are of, and what to say of them."""

    days: tuple[date, ...]
    replications: int
    compared: tuple[Compared, ...]
    findings: tuple[str, ...] = ()
    """of `causes`"""
    factor: float = 1.0
    """on the time of a contact, to which the scenario was calibrated"""

    def of(self, name: str, metric: str, weekday: int | None = None) -> Compared | None:
        """That figure, if both have it."""
        wanted = (name, weekday, metric)
        return next((row for row in self.compared if (row.name, row.weekday, row.metric) == wanted), None)


def days_to_check(fit: Fit) -> int:
    """Days of the scenario that are run: all, or of a large log the first."""
    whole = (fit.repeated[-1] - fit.repeated[0]).days + 1
    contacts = sum(queue.contacts for queue in fit.queues.values()) / len(fit.days) * whole
    return max(1, min(whole, int(whole * CONTACTS / FEWEST / max(contacts, 1))))


def check(fit: Fit, scenario: Scenario, factor: float = 1.0) -> Check:
    """Runs the scenario and compares."""
    covered = {scenario.start + timedelta(days=number) for number in range(scenario.days)}
    days = tuple(day for day in fit.days if day in covered)
    contacts = sum(queue.contacts for queue in fit.queues.values()) * len(days) / max(len(fit.days), 1)
    replications = max(FEWEST, min(REPLICATIONS, int(CONTACTS / max(contacts, 1))))
    real = log_figures(fit, scenario, days)
    after = {name: queue.turns_round for name, queue in fit.queues.items()}
    runs = [_simulated(measures, scenario, after) for measures in _runs(scenario, replications)]
    compared = tuple(
        Compared(*key, real[key].above / real[key].below, _band([run[key] for run in runs if key in run]))
        for key in real
        if real[key].below > 0 and any(key in run for run in runs)
    )
    return Check(days, replications, compared, factor=factor)


def _runs(scenario: Scenario, replications: int) -> Iterator[Measures]:
    plan, spec = lower(scenario)
    one = partial(replicate, recipe_of(scenario), plan, spec, "compiled", False, False, None)
    return (one(number).measures for number in range(1, replications + 1))


def _simulated(measures: Measures, scenario: Scenario, after: Mapping[str, float]) -> dict[Key, float]:
    """The figures of a replication; handle times without what agents take `after` a contact (s), as in the log."""
    local = np.datetime64(scenario.start, "us") + measures.starts.astype("timedelta64[us]")
    weekdays = (local.astype("datetime64[D]").astype(np.int64) + 3) % 7
    figures: dict[Key, float] = {}
    places: list[tuple[Level, str, int, str]] = [
        ("queue", metric, number, name) for metric in COMPARED for number, name in enumerate(measures.names["queue"])
    ]
    places += [("team", "utilisation", -1, TOTAL)]
    for level, metric, number, name in places:
        whole: Any = measures.values.get((level, metric))
        by_interval: Any = measures.by_interval.get((level, metric))
        for weekday in (None, *range(7)):
            if weekday is None:
                above, below = (None, None) if whole is None else whole[:, number]
            elif by_interval is not None and (weekdays == weekday).any():
                above, below = by_interval[:, weekdays == weekday, number].sum(axis=1)
                below = 1.0 if metric == "offered" else below
            else:
                continue
            if below is not None and below > 0:
                figures[name, weekday, metric] = float(above / below)
                if metric == "handle_mean":
                    figures[name, weekday, metric] -= after.get(name, 0.0)
    return figures


def log_figures(fit: Fit, scenario: Scenario, days: Sequence[date]) -> dict[Key, Ratio]:
    """The same figures of the log."""
    figures: dict[Key, Ratio] = {}
    contacts = all_contacts(fit.logs)
    if len(contacts):
        contacts = contacts[contacts["arrival"].dt.date.isin(days)]
    intervals = fit.logs.intervals
    for name, queue in fit.queues.items():
        mine = contacts[contacts["queue"] == name]
        if len(mine):
            one_piece = scenario.queue[name].kind.one_to_one and not queue.staff_only
            level = scenario.queue[name].service_level
            figures |= _of_contacts(name, mine, one_piece, level.time / SECOND if level else math.nan)
        elif intervals is not None:
            rows = intervals[(intervals["queue"] == name) & intervals["start"].dt.date.isin(days)]
            figures |= _of_intervals(name, rows)
    if all(queue.kind.one_to_one for queue in scenario.queue.values()):
        figures |= _of_agents(fit, contacts, days)
    return figures


def _of_contacts(name: str, mine: pd.DataFrame, one_piece: bool, limit: float) -> dict[Key, Ratio]:
    figures: dict[Key, Ratio] = {}
    weekday = mine["arrival"].dt.day_of_week.to_numpy()
    waited = np.array((mine["answer"] - mine["arrival"]).dt.total_seconds(), np.float64)
    took = np.array((mine["wrapped"].fillna(mine["end"]) - mine["answer"]).dt.total_seconds(), np.float64)
    outcome = mine["outcome"]
    gave_up = outcome.isin(GAVE_UP).to_numpy(np.bool_)
    entered = ~outcome.isin([*NEVER_CAME, "rejected"]).to_numpy(np.bool_)
    known = not (outcome == "unknown").any()
    for day in (None, *range(7)):
        here = np.ones(len(mine), np.bool_) if day is None else weekday == day
        if not here.any():
            continue
        figures[name, day, "offered"] = Ratio(float(here.sum()), 1)
        answered = here & ~np.isnan(waited)
        if one_piece:
            done = answered & ~np.isnan(took)
            figures[name, day, "handle_mean"] = Ratio(float(took[done].sum()), float(done.sum()))
        if known and one_piece:
            figures[name, day, "asa"] = Ratio(float(waited[answered].sum()), float(answered.sum()))
            came = float((here & entered).sum())
            figures[name, day, "abandonment"] = Ratio(float((here & gave_up).sum()), came)
            if not math.isnan(limit):
                figures[name, day, "service_level"] = Ratio(float((answered & (waited <= limit)).sum()), came)
    return figures


def _of_intervals(name: str, rows: pd.DataFrame) -> dict[Key, Ratio]:
    figures: dict[Key, Ratio] = {}
    weekday = rows["start"].dt.day_of_week
    for day in (None, *range(7)):
        mine = rows if day is None else rows[weekday == day]
        if not len(mine):
            continue
        figures[name, day, "offered"] = Ratio(float(mine["offered"].sum()), 1)
        timed = mine[mine["handle_time"].notna()]
        number = timed["handled"].fillna(timed["offered"])
        figures[name, day, "handle_mean"] = Ratio(float((timed["handle_time"] * number).sum()), float(number.sum()))
        figures[name, day, "asa"] = Ratio(*waits_of_answered(mine))
        if mine["handled"].notna().all():
            offered = float(mine["offered"].sum())
            figures[name, day, "abandonment"] = Ratio(max(offered - float(mine["handled"].sum()), 0.0), offered)
    return figures


def _of_agents(fit: Fit, contacts: pd.DataFrame, days: Sequence[date]) -> dict[Key, Ratio]:
    """Work by the time that agents were there, where all is done in one piece and by named agents."""
    duties = [duty for team in fit.teams for duty in team.duties]
    done = contacts[contacts["answer"].notna()] if len(contacts) else contacts
    if not duties or not len(done) or done["end"].isna().any() or fit.logs.messages is not None:
        return {}
    busy = (done["wrapped"].fillna(done["end"]) - done["answer"]).dt.total_seconds()
    present = dict.fromkeys(range(7), 0.0)
    for duty in duties:
        day = date.fromordinal(date(1970, 1, 1).toordinal() + duty.start // (86_400 * SECOND))
        if day in days:
            away = sum(end - start for start, end in duty.away)
            present[day.weekday()] += (duty.end - duty.start - away) / SECOND
    busy = busy + done["queue"].map(lambda name: fit.queues[name].turns_round)
    by_day = busy.groupby(done["arrival"].dt.day_of_week).sum()
    figures: dict[Key, Ratio] = {
        (TOTAL, day, "utilisation"): Ratio(float(by_day.get(day, 0.0)), there)
        for day, there in present.items()
        if there
    }
    return figures | {(TOTAL, None, "utilisation"): Ratio(float(busy.sum()), sum(present.values()))}


def _band(values: list[float]) -> Estimate:
    """Mean, and where one run more would be with LEVEL: Student's t of a new observation."""
    from scipy.stats import t

    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return Estimate(mean, math.nan, math.nan)
    half = float(t.ppf((1 + LEVEL) / 2, n - 1)) * float(np.std(values, ddof=1)) * math.sqrt(1 + 1 / n)
    return Estimate(mean, mean - half, mean + half)


def shown(metric: str, value: float) -> str:
    """A figure as a reader wants it."""
    if metric == "offered":
        return f"{value:,.0f}"
    return f"{value:,.0f} s" if metric in ("handle_mean", "asa") else format.percent(value)


def calibrated(fit: Fit, made: Any) -> float:
    """The factor on the time of a contact at which the scenario has the log's ASA, over its days together.

    `made` gives the scenario with a factor. 1 where the log names no agents, or has no waits to compare; the nearer end
    of FACTORS where none does it.
    """
    from scipy.optimize import brentq

    if not fit.teams:
        return 1.0

    def beyond(factor: float) -> float:
        rows = [row for row in check(fit, made(factor)).compared if row.weekday is None]
        number = {row.name: row.log for row in rows if row.metric == "offered"}
        both: F64 = np.array([(number[row.name] * row.log, number[row.name] * row.scenario.mean)
                              for row in rows if row.metric == "asa"])  # fmt: skip
        return float(np.log((both[:, 1].sum() + 1) / (both[:, 0].sum() + 1))) if len(both) else 0.0

    ends = [beyond(factor) for factor in FACTORS]
    if ends == [0.0, 0.0]:
        return 1.0
    if ends[0] >= 0 or ends[1] <= 0:
        return FACTORS[0] if ends[0] >= 0 else FACTORS[1]
    return round(float(brentq(beyond, *FACTORS, xtol=0.005)), 3)
