"""What was fitted as a scenario that runs as it is: commented TOML, and CSV files beside it.

It repeats the days of the log (the last LONGEST of them): the profile of their weekdays, and the agents who were there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from ccsim.distributions.calendar import change_at
from ccsim.distributions.durations import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    LogNormal,
    Mixture,
    Weibull,
)
from ccsim.errors import Problem, ScenarioError
from ccsim.fit.arrivals import Profile, shown
from ccsim.fit.estimate import Fit
from ccsim.fit.made_up import HOUR, OCCUPANCY, contacts_by_hour, shifts_of
from ccsim.fit.queues import QueueFit
from ccsim.fit.teams import TeamFit
from ccsim.logs import duty as duties
from ccsim.logs.duty import Duty
from ccsim.results import format
from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.spreadsheets import csv_text, safe
from ccsim.scenario.toml_text import as_key, quoted
from ccsim.stats.estimate import Estimate
from ccsim.tables import SECOND

LONGEST_SHIFT: Final = 23 * 3600 * SECOND
MOST_AGENTS: Final = 100_000
"""More of them no log can mean."""

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def files(fit: Fit, name: str, factor: float = 1.0, first: int | None = None) -> dict[str, str]:
    """The scenario `scenario.toml` and its CSV files, by name: their text; `factor` is on the time of agents.

    With `first` only so many of its days.
    """
    days = fit.repeated
    if first is not None:
        days = tuple(day for day in days if day < days[0] + timedelta(days=first))
    tables: dict[str, str] = {"volumes.csv": _volumes(fit, days)}
    fit = replace(fit, queues={name: _open(queue, days, fit.timezone) for name, queue in fit.queues.items()})
    lines = _head(fit, name, days)
    for queue in fit.queues.values():
        lines += ["", *_queue(fit, queue, tables)]
    lines += ["", "# --- who answers " + "-" * 103, ""]
    rosters = {team.name: _roster(team, days, fit.timezone) for team in fit.teams}
    if fit.teams:
        lines += _teams(fit, rosters, tables, factor)
    served = {name for team in fit.teams if rosters[team.name] for name in team.queues}
    unserved = [queue for queue in fit.queues.values() if queue.name not in served]
    if unserved:
        lines += _made_up(fit, unserved)
    if fit.correlation is not None and fit.correlation.mean > 0:
        lines += ["", "[busyness]", f"correlation = {_figure(fit.correlation.mean)}  # {_interval(fit.correlation)}"]
    return {"scenario.toml": "\n".join(lines) + "\n", **tables}


def _head(fit: Fit, name: str, days: Sequence[date]) -> list[str]:
    read = [
        f"#   {file}: {len(reading.rows):,} rows used, {len(reading.refused):,} not"
        for file, reading in fit.logs.readings
    ]
    zone = [f"timezone     = {quoted(fit.timezone)}"] if fit.timezone else []
    return [
        "# Written by ccsim fit. Each value is the estimate; its 95 % interval and what it rests on stand behind it.",
        *read,
        *(f"# Beware: {warning}" for warning in fit.warnings),
        "",
        f"name         = {quoted(name)}",
        f"start        = {days[0]}",
        f"days         = {(days[-1] - days[0]).days + 1}",
        *zone,
        f'interval     = "{fit.interval // 60}min"',
        'drain        = "1d"',
        "seed         = 1",
        "replications = 20",
        "",
        "# --- what customers want " + "-" * 95,
    ]


# ── queues ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _queue(fit: Fit, queue: QueueFit, tables: dict[str, str]) -> list[str]:
    lines = [f"# {warning}" for warning in queue.warnings]
    lines += [f"[queue.{as_key(queue.name)}]", f"channel = {quoted(queue.channel)}"]
    lines.append(
        f"# {queue.contacts:,} contacts in {format.several(len(fit.days), 'day')}, "
        f"{queue.answered:,} answered, {queue.gave_up:,} gave up"
    )
    if queue.hours:
        lines.append(f"open = {_hours(queue.hours)}  # as far as the log shows")
    else:
        lines.append('open = "always"')
    comment = f"  # {_busy(queue)}" if queue.profile.busyness_cv is not None else ""
    busy = _busyness(queue.profile)
    lines.append(f'volume = {{ file = "volumes.csv", column = {quoted(safe(queue.name))}{busy} }}{comment}')
    if _is_shared(fit, queue):
        return [*lines, *_shared(fit, queue), *_patience(fit, queue, tables)]
    if queue.shared is not None:
        return [*lines, *_one_turn(queue), *_patience(fit, queue, tables), *_follow_ups(fit, queue, tables)]
    lines += _turns(queue, tables)
    if "work.mean" in queue.figures:
        cv_ = _default_cv(queue.channel)
        lines.append(
            f"work = {{ mean = {_figure(queue.figures['work.mean'].mean)}, cv = {cv_} }}  "
            "# the log has the mean only, wrap-up included; cv of the channel"
        )
        lines.append('wrap_up = "0s"')
    for key in ("work", "wrap_up", "reply_latency", "reply_patience"):
        if key in queue.distributions:
            lines += _distribution(queue, key, tables)
    if "wrap_up" not in queue.distributions and "work" in queue.distributions:
        lines.append('wrap_up = "0s"  # a part of the work, as far as the log tells')
    if "idle_timeout" in queue.figures:
        timeout = queue.figures["idle_timeout"]
        lines.append(
            f"idle_timeout = {_figure(timeout.mean)}  # quartiles {_figure(timeout.low)} to {_figure(timeout.high)}"
        )
    return [*lines, *_patience(fit, queue, tables), *_follow_ups(fit, queue, tables)]


def _busyness(profile: Profile) -> str:
    """The keys of a volume for days and half hours that differ beyond chance."""
    busy: dict[str, float] = {}
    if profile.busyness_cv is not None and profile.p_value < 0.05:
        busy["day_cv"] = min(profile.busyness_cv.mean, 10.0)
        if profile.memory is not None and profile.memory.low > 0:
            busy["day_memory"] = profile.memory.mean
    if profile.drift.significant:
        if "day_cv" in busy:
            busy["day_cv"] = min(profile.day_cv, 10.0)
        busy |= {"within_cv": min(profile.drift.cv.mean, 10.0), "within_memory": profile.drift.memory.mean}
    if list(busy) == ["day_cv"]:
        return f", busyness_cv = {_figure(busy['day_cv'])}"
    table = ", ".join(f"{key} = {_figure(value)}" for key, value in busy.items())
    return f", busyness = {{ {table} }}" if busy else ""


def _busy(queue: QueueFit) -> str:
    profile = queue.profile
    cv = profile.busyness_cv
    assert cv is not None
    within = f"; half hours: cv {_interval(profile.drift.cv)}" if profile.drift.significant else ""
    if profile.p_value < 0.05:
        return f"busy days beyond chance: cv {_interval(cv)}{within}"
    return f"days differ as chance has it (cv {_figure(cv.mean)}, {_interval(cv)}){within}"


def _turns(queue: QueueFit, tables: dict[str, str]) -> list[str]:
    if "turns" in queue.distributions:
        return _distribution(queue, "turns", tables)
    if "turns" not in queue.figures or CHANNELS[queue.channel].one_to_one:
        return []
    turns = queue.figures["turns"]
    if turns.low == turns.high:
        return ["turns = 1  # the log does not tell turns apart"]
    return [f"turns = {{ mean = {_figure(turns.mean)} }}  # geometric; {_interval(turns)}"]


def _is_shared(fit: Fit, queue: QueueFit) -> bool:
    """Whether agents work on all its sessions together, as no team may that also works on others turn by turn."""
    return queue.shared is not None and all(
        other.shared is not None or CHANNELS[other.channel].one_to_one
        for team in fit.teams
        if queue.name in team.queues
        for other in (fit.queues[name] for name in team.queues)
    )


def _one_turn(queue: QueueFit) -> list[str]:
    """Its part of the agent's time as the work on one turn, where attention cannot be shared."""
    assert queue.shared is not None
    level = int(np.argmax(queue.shared.ends)) + 1
    mean = queue.shared.means[level - 1].mean / level
    return [
        f"# sessions with {level} at once, the most frequent, take {_figure(queue.shared.means[level - 1].mean)} s; "
        "its agents also work turn by turn",
        "turns = 1",
        f'work = {{ dist = "exponential", mean = {_figure(mean)} }}',
        'wrap_up = "0s"',
    ]


def _together(fit: Fit) -> int:
    """Sessions at once that shared attention is known for; lists of one team must be of one length."""
    return max(len(queue.shared.means) for queue in fit.queues.values() if queue.shared)


def _shared(fit: Fit, queue: QueueFit) -> list[str]:
    assert queue.shared is not None
    known = [_figure(mean.mean) for mean in queue.shared.means]
    means = ", ".join(known + known[-1:] * (_together(fit) - len(known)))
    comment = "; ".join(
        f"{i} at once: {_interval(mean)}, {ends:,} ended"
        for i, (mean, ends) in enumerate(zip(queue.shared.means, queue.shared.ends, strict=True), start=1)
    )
    return [f"# {comment}", f"work_by_concurrency = [{means}]"]


def _patience(fit: Fit, queue: QueueFit, tables: dict[str, str]) -> list[str]:
    if "patience" in queue.distributions:
        lines = _distribution(queue, "patience", tables)
    elif "patience.mean" in queue.figures:
        mean = queue.figures["patience.mean"]
        lines = [f'patience = {{ dist = "exponential", mean = {_figure(mean.mean)} }}  # {_interval(mean)}']
    else:
        lines = ['patience = "never"'] if queue.patient else []
    if queue.slow:
        lines += _distribution(queue, "answer_delay", tables)
    elif queue.ringing:
        lines.append(f"answer_delay = {_figure(queue.ringing)}  # ringing: all but a twentieth waited longer")
    if "silent_abandonment" in queue.figures and not _is_shared(fit, queue):
        share = queue.figures["silent_abandonment"]
        lines.append(f"silent_abandonment = {_figure(share.mean)}  # {_interval(share)}")
    return lines


def _follow_ups(fit: Fit, queue: QueueFit, tables: dict[str, str]) -> list[str]:
    lines: list[str] = []
    figures = queue.figures

    def rounded(value: float) -> str:
        return f"{math.floor(value * 1e4) / 1e4:g}"

    if "retry.share" in figures:
        distribution = _distribution_text(queue, "retry.after", tables)
        to = {key.removeprefix("retry.to."): value for key, value in figures.items() if key.startswith("retry.to.")}
        ways = ", ".join(f"{as_key(other)} = {part:.4g}" for other, part in _whole(to).items())
        lines.append(
            f"retry = {{ share = {rounded(figures['retry.share'].mean)}, after = {distribution}, to = {{ {ways} }} }}  "
            f"# share {_interval(figures['retry.share'])}"
        )
    if "returns" in figures:
        lines.append(f"returns = {rounded(figures['returns'].mean)}  # {_interval(figures['returns'])}")
    if "reopens.share" in figures:
        distribution = _distribution_text(queue, "reopens.after", tables)
        lines.append(
            f"reopens = {{ share = {rounded(figures['reopens.share'].mean)}, after = {distribution} }}  "
            f"# share {_interval(figures['reopens.share'])}"
        )
    legs = {key.removeprefix("transfer."): value for key, value in figures.items() if key.startswith("transfer.")}
    legs = {name: value for name, value in legs.items() if name in fit.queues and name != queue.name}
    if legs:
        parts = ", ".join(f"{{ to = {quoted(name)}, share = {rounded(value.mean)} }}" for name, value in legs.items())
        lines.append(f"transfer = [{parts}]  # {'; '.join(_interval(value) for value in legs.values())}")
    return lines


def _whole(shares: dict[str, Estimate]) -> dict[str, float]:
    """Rounded so that they add up to 1: what is missing is the largest's."""
    rounded = {name: round(value.mean, 4) for name, value in shares.items()}
    largest = max(rounded, key=lambda name: rounded[name])
    return rounded | {largest: round(rounded[largest] + 1 - sum(rounded.values()), 4)}


def _distribution(queue: QueueFit, key: str, tables: dict[str, str]) -> list[str]:
    estimate = queue.distributions[key]
    text = _distribution_text(queue, key, tables)
    parts = [format.several(int(estimate.sample.ended.sum()), "case")]
    cut = int((~estimate.sample.ended).sum())
    parts += [f"{cut:,} cut off"] if cut else []
    for fitted in estimate.candidates:
        if fitted.family == estimate.family:
            parts += [f"{name} {_interval(value)}" for name, value in fitted.parameters.items()]
            parts.append(f"{100 * fitted.distance:.1f} points off at most")
    if len(estimate.candidates) > 1 and estimate.family == estimate.candidates[0].family:
        second = estimate.candidates[1]
        parts.append(f"BIC {second.bic - estimate.candidates[0].bic:.0f} less than {second.family}")
    return [f"{key} = {text}  # {'; '.join(parts)}"]


def _distribution_text(queue: QueueFit, key: str, tables: dict[str, str]) -> str:
    distribution = queue.distributions[key].distribution
    if isinstance(distribution, Empirical):
        file = f"{_slug(queue.name)}_{_slug(key)}.csv"
        column = "turns" if key == "turns" else "seconds"
        tables[file] = csv_text([column], ([_figure(value)] for value in distribution.values))
        return f"{{ file = {quoted(file)}, column = {quoted(column)} }}"
    return toml(distribution)


def toml(distribution: Distribution) -> str:
    """A distribution as a scenario writes it. Raises TypeError for one that is not written with numbers alone."""
    if isinstance(distribution, Constant):
        return _figure(distribution.mean)
    if isinstance(distribution, Exponential):
        return f'{{ dist = "exponential", mean = {_figure(distribution.mean)} }}'
    if isinstance(distribution, LogNormal):
        return (
            f'{{ dist = "lognormal", median = {_figure(distribution.median)}, sigma = {_figure(distribution.sigma)} }}'
        )
    if isinstance(distribution, Gamma | Weibull):
        name = "gamma" if isinstance(distribution, Gamma) else "weibull"
        return f'{{ dist = "{name}", mean = {_figure(distribution.mean)}, cv = {_figure(distribution.cv)} }}'
    if isinstance(distribution, Mixture):
        parts = [
            f"{{ weight = {_figure(weight)}, {toml(part).removeprefix('{ ')}"
            for weight, part in zip(distribution.weights, distribution.parts, strict=True)
        ]
        return f'{{ dist = "mixture", parts = [{", ".join(parts)}] }}'
    raise TypeError(f"{type(distribution).__name__} is not written in a line")


def _default_cv(channel: str) -> float:
    work = CHANNELS[channel].defaults["work"].value
    return float(work["cv"]) if isinstance(work, dict) and "cv" in work else 1.0


def _hours(hours: dict[int, tuple[int, int]]) -> str:
    """By weekday; neighbours with the same hours together."""
    groups: list[tuple[list[int], tuple[int, int]]] = []
    for day, span in sorted(hours.items()):
        if groups and groups[-1][1] == span and groups[-1][0][-1] == day - 1:
            groups[-1][0].append(day)
        else:
            groups.append(([day], span))
    parts = []
    for days, (start, end) in groups:
        name = DAYS[days[0]] if len(days) == 1 else f"{DAYS[days[0]]}-{DAYS[days[-1]]}"
        parts.append(f'{name} = "{_span(start, end)}"')
    return "{ " + ", ".join(parts) + " }"


def _span(start: int, end: int) -> str:
    """What ends beyond midnight ends on the next day."""
    return f"{_clock(start)}-{_clock(end if end <= 86400 else end - 86400)}"


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"


def _volumes(fit: Fit, days: Sequence[date]) -> str:
    """Expected contacts by date and interval: the profile of each day's weekday."""
    names = list(fit.queues)
    expected = {
        weekday: np.array([queue.profile.expected(weekday) for queue in fit.queues.values()]).T for weekday in range(7)
    }
    rows: list[list[str]] = []
    for day in days:  # on others in between nobody comes
        times = shown(day, fit.interval, fit.timezone)
        table = expected[day.weekday()] * times[:, None]
        for i in np.flatnonzero(times).tolist():
            rows.append([f"{day}", _clock(i * fit.interval), *(f"{value:.4g}" for value in table[i].tolist())])
    return csv_text(["date", "time", *names], rows)


def _certain(moment: datetime, zone: str | None, step: int) -> datetime:
    """That time, or the nearest before (step -1) or after (1) that the clock of the zone shows once, to the minute."""
    while change_at(moment, zone):
        moment = moment.replace(second=0) + timedelta(minutes=step)
    return moment


def _open(queue: QueueFit, days: Sequence[date], zone: str | None) -> QueueFit:
    """With hours that begin and end at times which the clock shows once on each of the days."""
    hours = dict(queue.hours)
    for day in days:
        if day.weekday() in hours:
            start, end = (datetime.combine(day, time()) + timedelta(seconds=edge) for edge in hours[day.weekday()])
            edges = (_certain(start, zone, -1), _certain(end, zone, 1))
            begun, ended = (round((edge - datetime.combine(day, time())).total_seconds()) for edge in edges)
            hours[day.weekday()] = (begun, ended)
    return replace(queue, hours=hours)


# ── agents ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _teams(fit: Fit, rosters: dict[str, list[list[str]]], tables: dict[str, str], factor: float) -> list[str]:
    rule = duties.RULES.get(fit.rule)
    assumed = rule.assumes if rule else "as the roster says"
    lines = [f"# Agents by the rule {fit.rule}: {assumed}.", "# Ranks of skills cannot be seen in a log: all are 1."]
    for team in fit.teams:
        rows = rosters[team.name]
        if not rows or not team.queues:
            continue
        file = f"roster_{_slug(team.name)}.csv"
        tables[file] = csv_text(["agent", "date", "start", "end", "breaks"], rows)
        together = {name: team.concurrency[name] for name in team.queues if name in team.concurrency}
        together |= {name: _together(fit) for name in together if _is_shared(fit, fit.queues[name])}
        lines += ["", f"[team.{as_key(team.name)}]  # {format.several(len({row[0] for row in rows}), 'agent')}"]
        lines.append(f"skills = {{ {', '.join(f'{as_key(name)} = 1' for name in team.queues)} }}")
        if factor != 1.0:
            paces = ", ".join(f"{as_key(name)} = {_figure(factor)}" for name in team.queues)
            lines.append(f"pace = {{ {paces} }}  # with --calibrate: so the scenario has the log's ASA")
        if together:
            lines.append(f"concurrency = {_concurrency(fit, team.queues, together)}")
            lines += _slowdown(fit) if not all(_is_shared(fit, fit.queues[name]) for name in together) else []
        lines.append(f"roster = {{ file = {quoted(file)} }}")
    return lines


def _concurrency(fit: Fit, queues: Iterable[str], together: dict[str, int]) -> str:
    """What was seen; for other queues what their channel brings."""
    known = {name: together.get(name, CHANNELS[fit.queues[name].channel].concurrency.value) for name in queues}
    return f"{{ {', '.join(f'{as_key(name)} = {number}' for name, number in known.items())} }}"


def _slowdown(fit: Fit) -> list[str]:
    if fit.slowdown is None:
        return []
    factors = ", ".join(_figure(factor.mean) for factor in fit.slowdown.factors)
    return [f"slowdown = [{factors}]  # {'; '.join(_interval(factor) for factor in fit.slowdown.factors[1:])}"]


def _roster(team: TeamFit, days: Sequence[date], zone: str | None) -> list[list[str]]:
    """Agent, date, start, end and breaks of each shift on these days; of one that began the night before, the rest."""
    rows: list[list[str]] = []
    shifts = (part for whole in team.duties for part in _parts(whole))
    for duty in sorted(shifts, key=lambda shift: (shift.start, shift.agent)):
        start, end = _certain(_moment(duty.start), zone, -1), _certain(_moment(duty.end), zone, 1)
        if start.date() not in days:
            start = datetime.combine(start.date() + timedelta(days=1), time())
        if start.date() in days and end > start:
            times = (f"{start:%Y-%m-%d}", f"{start:%H:%M:%S}", f"{end:%H:%M:%S}")
            rows.append([duty.agent, *times, _breaks(duty, start, end, zone)])
    return rows


def _parts(duty: Duty) -> list[Duty]:
    """Shifts of less than a day: of a longer time halves of days, as of a name that several use in turn."""
    if duty.end - duty.start < LONGEST_SHIFT:
        return [duty]
    half = duties.DAY // 2
    edges = [duty.start, *range((duty.start // half + 1) * half, duty.end, half), duty.end]
    return [replace(duty, start=start, end=end) for start, end in pairwise(edges)]


def _breaks(duty: Duty, start: datetime, end: datetime, zone: str | None) -> str:
    """Pauses of a second or more that lie within the shift and do not touch one another."""
    calm = zone is None or len({moment.replace(tzinfo=ZoneInfo(zone)).utcoffset() for moment in (start, end)}) == 1
    begins, ends = _second(start), _second(end)
    parts: list[list[int]] = []
    for away in duty.away:
        first, last = (round(edge / SECOND) for edge in away)
        if not calm:
            first, last = (
                _second(_certain(_moment(edge), zone, step)) for edge, step in zip(away, (1, -1), strict=True)
            )
        first, last = max(first, begins), min(last, ends)
        if parts and first <= parts[-1][1]:
            parts[-1][1] = max(last, parts[-1][1])
        elif last > first:
            parts.append([first, last])
    return ";".join(f"{_time(first % 86400)}-{_time(last % 86400)}" for first, last in parts)


@cache
def _time(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def _second(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta(seconds=1)


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(seconds=round(micros / SECOND))


def _made_up(fit: Fit, queues: Sequence[QueueFit]) -> list[str]:
    """A team a queue, of as many as its waits or its work ask for."""
    lines = ["", "# Made up: the log names no agents. ccsim run shows what comes of it."]
    for number, queue in enumerate(queues, start=1):
        contacts = contacts_by_hour(queue.profile, fit.interval)
        loads = contacts * queue.handle_time / HOUR
        busiest = f"{contacts.max():.1f} contacts in the busiest hour, {loads.max():.2f} agents at work"
        agents = max(math.ceil(loads.max() / OCCUPANCY), 1)
        if agents > MOST_AGENTS:
            problem = f"{queue.name}: {agents:,} agents would be needed at once"
            files = ", ".join(file for file, _ in fit.logs.readings)
            raise ScenarioError(
                [Problem("", problem, "volumes and handle times in the units that the mapping says", files)]
            )
        because = f"so that the busiest hour fills {format.percent(OCCUPANCY, 0)} of their time"
        there = [agents] * len(loads)
        if queue.staffing is not None:
            because = "with whom Erlang's formulas give the mean wait of the log"
            there = [queue.staffing.agents(load) for load in loads.tolist()]
        lines += [
            "",
            f"[team.agents{number}]  # {busiest}",
            f"skills = {{ {as_key(queue.name)} = 1 }}",
            f"shifts = [  # {because}",
        ]
        for shift in shifts_of(there, queue.hours):
            always = (shift.start, shift.end) == (0, 86400)
            span = "always" if always else _span(shift.start, shift.end)
            lines.append(f'  {{ agents = {shift.agents}, days = "{DAYS[shift.day]}", hours = "{span}" }},')
        lines.append("]")
    return lines


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _figure(value: float) -> str:
    """Five digits, as TOML and people read them."""
    text = f"{value:.5g}"
    return f"{value:.0f}" if "e+" in text else text


def _interval(value: Estimate) -> str:
    return f"{_figure(value.low)} to {_figure(value.high)}"


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "queue"
