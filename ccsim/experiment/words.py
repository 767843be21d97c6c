"""Figures as people write them, the same on the screen and in pictures."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from ccsim.experiment.results import Results
from ccsim.scenario.model import Scenario

NO_DATA: Final = "–"

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS: Final = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def duration(seconds: float) -> str:
    """A length of time as in a scenario file, to two units: 4.2s, 45s, 4m30s, 2h, 3d4h."""
    if math.isnan(seconds):
        return NO_DATA
    if seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    # what the second unit cannot show is rounded away
    step = 60 if seconds >= 3600 else 1
    step = 3600 if seconds >= 86400 else step
    rest = round(seconds / step) * step
    parts = []
    for unit, size in _UNITS:
        if rest >= size:
            parts.append(f"{rest // size}{unit}")
            rest %= size
    return "".join(parts)


def percent(share: float, digits: int = 1) -> str:
    """A share as a percentage: 81.3 %."""
    return NO_DATA if math.isnan(share) else f"{100 * share:.{digits}f} %"


def count(number: float) -> str:
    """A number of things: 1,234; with one decimal below ten."""
    if math.isnan(number):
        return NO_DATA
    return f"{number:,.0f}" if number >= 9.95 or number == int(number) else f"{number:.1f}"


def money(amount: float) -> str:
    """An amount: 27,284; with cents below a hundred."""
    return NO_DATA if math.isnan(amount) else f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:.2f}"


def toml(value: Any) -> str:
    """A value as it would stand in a scenario file."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(entry)}" for key, entry in value.items()) + " }"
    return json.dumps(value)


def figure(name: str, value: float) -> str:
    """A figure by the name of its metric: shares as percentages, times as durations, all else as numbers."""
    if name.startswith(("service_level", "abandonment", "utilisation")):
        return percent(value)
    if name.startswith(("asa", "reply_wait", "response")):
        return "endless" if math.isinf(value) else duration(value)
    return "endless" if math.isinf(value) else count(value)


def moment(scenario: Scenario, micros: int) -> str:
    """A time on the scenario's clock: Mon 2 Mar 10:00."""
    zone = UTC if scenario.timezone is None else ZoneInfo(scenario.timezone)
    midnight = datetime.combine(scenario.start, time(), zone).astimezone(UTC)
    local = (midnight + timedelta(microseconds=micros)).astimezone(zone)
    return f"{day(local)} {local:%H:%M}"


def day(at: date) -> str:
    """A day, in English whatever the machine's language: Mon 2 Mar."""
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]}"


def several(number: int, what: str) -> str:
    """1 queue, 4 queues."""
    return f"{number} {what}" + ("s" if number != 1 else "")


def sl_target(results: Results, queue: int) -> str:
    """The service-level target of a queue: 80 % in 20s; empty without one."""
    terms = results.terms
    if math.isnan(terms.sl_time[queue]):
        return ""
    return f"{100 * terms.sl_share[queue]:.4g} % in {duration(terms.sl_time[queue])}"


def sl_rules(results: Results) -> tuple[list[str], dict[int, list[str]]]:
    """Formula and clock of service levels: what all queues with a target share, and the rest by queue."""
    terms = results.terms
    rules = {
        q: (terms.sl_formula[q], f"{'business' if terms.business_clock[q] else 'calendar'} clock")
        for q in range(len(terms.queues))
        if sl_target(results, q)
    }
    shared = [parts[0] for parts in zip(*rules.values(), strict=True) if len(set(parts)) == 1]
    return shared, {q: [part for part in parts if part not in shared] for q, parts in rules.items()}
