"""All that a log says about a scenario: each value with its uncertainty, the data behind it, and what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from ccsim.errors import Problem, ScenarioError
from ccsim.fit.arrivals import LONGEST, correlation, listed
from ccsim.fit.contacts import all_contacts, first_contacts
from ccsim.fit.conversations import Slowdown
from ccsim.fit.hours import INTERVAL
from ccsim.fit.queues import QueueFit, queue_fit
from ccsim.fit.teams import TeamFit, slowdown, teams_fit
from ccsim.logs.records import Logs
from ccsim.stats.estimate import Estimate
from ccsim.tables import Bool

if TYPE_CHECKING:
    import pandas as pd

ENOUGH: Final = 20
"""Contacts a day from which a queue's busy days are compared with other queues'."""


@dataclass(frozen=True)
class Fit:
    """A whole fit."""

    days: tuple[date, ...]
    timezone: str | None
    interval: int
    """seconds"""
    queues: dict[str, QueueFit]
    teams: tuple[TeamFit, ...]
    """none where the log names no agents"""
    slowdown: Slowdown | None
    correlation: Estimate | None
    rule: str
    """how duty was inferred: one of `duty.RULES`, or roster"""
    logs: Logs
    warnings: tuple[str, ...]


def estimate(logs: Logs, rule: str) -> Fit:
    """Everything that the logs tell. Raises ScenarioError where there is nothing to tell of."""
    if logs.contacts is None and logs.messages is None and logs.intervals is None:
        raise ScenarioError([Problem("", "only rosters", "a log of contacts, messages or intervals too")])
    contacts = all_contacts(logs)
    first, kept = first_contacts(contacts, logs)
    days, interval = _days(contacts, first, logs)
    slowed = slowdown(logs)
    queues: dict[str, QueueFit] = {}
    for name in _queues(contacts, logs):
        queues[name] = queue_fit(name, contacts, first, kept, logs, days, interval, slowed)
    # of small queues, and of those whose days differ by chance alone, nothing can be said
    profiles = [
        queue.profile
        for queue in queues.values()
        if not queue.staff_only and queue.profile.p_value < 0.05 and queue.contacts >= ENOUGH * len(days)
    ]
    teams, source = teams_fit(contacts, logs, rule, tuple(queues))
    warnings = _warnings(logs, contacts, kept, days, tuple(queues), teams)
    return Fit(
        tuple(days), logs.timezone, interval, queues, teams, slowed, correlation(profiles), source, logs, warnings
    )


def _days(contacts: pd.DataFrame, first: Bool, logs: Logs) -> tuple[list[date], int]:
    """The days that the logs cover, and the seconds of an interval."""
    import pandas as pd

    moments = contacts["arrival"][first] if len(contacts) else logs.intervals["start"]  # type: ignore[index]
    start, end = moments.min().date(), moments.max().date()
    days = list(logs.days) or [start + timedelta(days=number) for number in range((end - start).days + 1)]
    step = INTERVAL
    if logs.intervals is not None:
        clock = logs.intervals["start"].drop_duplicates().sort_values()
        gaps = pd.Series(clock.diff().dt.total_seconds().dropna())
        step = int(gaps[gaps > 0].min()) if (gaps > 0).any() else INTERVAL
    return days, step if 86400 % step == 0 and step >= 60 else INTERVAL


def _queues(contacts: pd.DataFrame, logs: Logs) -> list[str]:
    named = [frame["queue"] for frame in (contacts, logs.intervals) if frame is not None and len(frame)]
    return sorted({str(name) for column in named for name in column.unique()})


def _warnings(
    logs: Logs,
    contacts: pd.DataFrame,
    follow: pd.DataFrame | None,
    days: Sequence[date],
    queues: Sequence[str],
    teams: Sequence[TeamFit],
) -> tuple[str, ...]:
    found: list[str] = []
    for file, reading in logs.readings:
        out = len(reading.refused)
        if out > 0.05 * (out + len(reading.rows)) and not logs.chains:
            found.append(f"{file}: {out / (out + len(reading.rows)):.0%} of its lines could not be used.")
    if len(contacts) and follow is None:
        known = contacts["customer"].notna().mean()
        found.append(
            f"Customers are known in {known:.0%} of the contacts: who tries again is counted as somebody new."
            if known
            else "Customers are not known: who tries again is counted as somebody new."
        )
    unserved = [name for name in queues if not any(name in team.queues for team in teams)]
    if unserved:
        of = "" if len(unserved) == len(queues) else f" of {listed(unserved)}"
        found.append(f"The log names no agents{of}: the scenario's staffing is made up to match the work, not seen.")
    if len(days) > LONGEST:
        found.append(
            f"The scenario repeats the last {LONGEST} of {len(days)} days; distributions and profile are of all."
        )
    return tuple(found)
