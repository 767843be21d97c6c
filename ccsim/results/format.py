"""Figures as people write them, the same on the screen and in pictures."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Final

from ccsim.metrics import METRICS
from ccsim.results.model import Results
from ccsim.scenario.faults import dotted
from ccsim.scenario.model import Scenario
from ccsim.stats.estimate import Estimate
from ccsim.tables import I64, MetricSpec

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
    return f"{number:,.0f}" if abs(number) >= 9.95 or number == int(number) else f"{number:.1f}"


def between(estimate: Estimate) -> str:
    """The ends of an interval as `count` writes them, or nothing where there is none."""
    return "" if math.isnan(estimate.low) else f"{count(estimate.low)}–{count(estimate.high)}"


def money(amount: float, currency: str = "") -> str:
    """An amount: 27,284 or 27,284 EUR; with cents below a hundred."""
    if math.isnan(amount):
        return NO_DATA
    figure = f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:.2f}"
    return f"{figure} {currency}" if currency else figure


def with_currency(title: str, unit: str, currency: str) -> str:
    """The heading of a figure of that unit, with the currency where it is money: Cost, EUR."""
    return f"{title}, {currency}" if unit == "money" and currency else title


def toml(value: Any) -> str:
    """A value as it would stand in a scenario file."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{dotted((key,))} = {toml(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return value.isoformat() if isinstance(value, date | time) else json.dumps(value)


def figure(name: str, value: float) -> str:
    """A figure by the unit of its metric; what is no metric is a number."""
    if math.isinf(value):
        return "endless"
    metric = METRICS.get(("queue", name)) or METRICS.get(("team", name))
    return count(value) if metric is None else quantity(metric.unit, value)


def local_times(scenario: Scenario, instants: I64) -> list[datetime]:
    """Wall times, without zone, of instants in microseconds since the scenario's start."""
    return [scenario.calendar.local(at).replace(tzinfo=None) for at in instants.tolist()]


def moment(scenario: Scenario, micros: int) -> str:
    """A time on the scenario's clock: Mon 2 Mar 10:00."""
    local = scenario.calendar.local(micros)
    return f"{day(local)} {local:%H:%M}"


def day(at: date) -> str:
    """A day, in English whatever the machine's language: Mon 2 Mar."""
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]}"


def full_time(scenario: Scenario, paid_hours: float) -> str:
    """Paid hours as full-time agents: 12.4 FTE of 38.5 h a week; empty where the scenario does not say what that is."""
    agents = full_time_agents(scenario, paid_hours)
    return "" if agents is None else f"{agents:.1f} FTE of {scenario.fte_hours:g} h a week"


def full_time_agents(scenario: Scenario, paid_hours: float) -> float | None:
    """Paid hours of the run as full-time agents (FTE); None without data, or where a full-time agent is not defined."""
    if scenario.fte_hours is None or math.isnan(paid_hours):
        return None
    end = scenario.calendar.at(scenario.days)
    # a week with a clock change is one, though it has an hour more or less
    weeks = (end - scenario.warm_up) / end * scenario.days / 7
    return paid_hours / (scenario.fte_hours * weeks)


def several(number: int | str, what: str) -> str:
    """1 queue, 4 queues; of a number as it is written, so that what rounds to 1 is one."""
    return f"{number} {what}" + ("s" if str(number) != "1" else "")


def sl_target(results: Results, queue: int) -> str:
    """The service-level target of a queue: 80 % in 20s, with "usual" where only its channel has it; empty without."""
    spec = results.spec
    if math.isnan(spec.sl_time[queue]):
        return ""
    usual = "usual " if spec.sl_usual[queue] else ""
    return f"{usual}{100 * spec.sl_share[queue]:.4g} % in {duration(spec.sl_time[queue])}"


def usual_targets(results: Results) -> list[str]:
    """What channels bring and nobody wants: shown beside the figures, not judged."""
    spec, sentences = results.spec, []
    for q, name in enumerate(spec.queues):
        title = results.scenario.title(name)
        if spec.sl_usual[q]:
            sentences.append(f"{title} {sl_target(results, q).removeprefix('usual ')}")
        if spec.resolution_usual[q]:
            share, time = percent(float(spec.resolution_share[q]), 0), duration(float(spec.resolution_time[q]))
            sentences.append(f"{title} {share} resolved in {time}")
    return sentences


def waits_compare(results: Results) -> bool:
    """Whether a mean wait over all queues says anything: they are of one channel, on the clock of the calendar."""
    return len(set(results.spec.channels)) == 1 and not results.spec.business_clock.any()


def listed(parts: Sequence[str]) -> str:
    """One, two and three."""
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def wait_metric(spec: MetricSpec, queue: int, metric: str) -> str:
    """The name of a wait, such as asa, on the clock by which the queue's targets are measured."""
    return f"{metric}_business" if spec.business_clock[queue] else metric


def sl_rules(results: Results) -> tuple[list[str], dict[int, list[str]]]:
    """Formula of service levels and clock of waits: what all queues share, and the rest by queue."""
    spec = results.spec
    clocks = [f"{'business' if business else 'calendar'} clock" for business in spec.business_clock.tolist()]
    formulas = [spec.sl_formula[q] if sl_target(results, q) else "" for q in range(len(spec.queues))]
    shared = [used.pop() for used in ({*formulas} - {""}, {*clocks}) if len(used) == 1]
    own = [[part for part in parts if part and part not in shared] for parts in zip(formulas, clocks, strict=True)]
    return shared, dict(enumerate(own))


def quantity(unit: str, value: float) -> str:
    """A figure by its metric's unit: 81.3 %, 4m30s, 27,367, 1.98."""
    if math.isnan(value):
        return NO_DATA
    if unit in ("share", "s"):
        return percent(value) if unit == "share" else duration(value)
    return f"{value:,.0f}" if abs(value) >= 99.95 or value == 0 else f"{value:#.3g}"


def difference(unit: str, mean: float, half: float) -> str:
    """A difference and half its interval, this to two digits: +5.4 ± 0.6 (shares: percentage points), -12.0 ± 3.1s."""
    if math.isnan(mean):
        return NO_DATA
    if mean == half == 0:
        return "the same"
    size, name = difference_scale(unit, max(abs(mean), half))
    mean, half = mean / size, half / size
    smallest = next((x for x in (half, abs(mean)) if x > 0), 1.0)  # NaN is not above 0 either
    digits = min(4, max(0, 1 - math.floor(math.log10(smallest))))
    spread = "" if math.isnan(half) else f" ± {half:,.{digits}f}"
    return f"{mean:+,.{digits}f}{spread}{name}"


def difference_scale(unit: str, largest: float) -> tuple[float, str]:
    """By what to divide differences of up to that size, and the unit that they then have, if it is not understood."""
    if unit == "s":
        return next((scale for scale in ((3600.0, "h"), (60.0, "m")) if largest >= 2 * scale[0]), (1.0, "s"))
    return (0.01, "") if unit == "share" else (1.0, "")


def folded(name: str, width: int) -> str:
    """A long name on several lines, broken after _, -, . or a blank where that is possible."""
    lines = [""]
    for part in re.findall(rf"[^_\-. ]{{0,{width - 1}}}[_\-. ]|[^_\-. ]{{1,{width}}}", name):
        if len(lines[-1] + part) > width and lines[-1]:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)
