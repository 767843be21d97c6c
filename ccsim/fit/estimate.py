"""All that a log says about a scenario: each value with its uncertainty, the data behind it, and what to beware of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.fit.arrivals import LONGEST, correlation
from ccsim.fit.contacts import all_contacts, customers_known, first_contacts
from ccsim.fit.conversations import Slowdown
from ccsim.fit.distributions import MISFIT, WORK, Sample
from ccsim.fit.hours import INTERVAL, opening
from ccsim.fit.plausibility import implausible
from ccsim.fit.quantities import THIN, Estimates
from ccsim.fit.queues import QueueFit, queue_fit
from ccsim.fit.teams import TeamFit, slowdown, teams_fit
from ccsim.logs import duty
from ccsim.logs.lines import FAR, FAR_OFF, apart
from ccsim.logs.mapping import TIMES
from ccsim.logs.readers import SENDER_WORDS, UNKNOWN_OUTCOME, unknown_senders
from ccsim.logs.records import Logs, Reading
from ccsim.logs.turn_rounds import NONE, TurnRounds, after_contacts
from ccsim.results import format
from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.values import written_duration
from ccsim.scenario.volumes import NO_HOURS
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import NONE_BY_CHANCE
from ccsim.tables import SECOND, Bool

if TYPE_CHECKING:
    import pandas as pd

STRANGERS: Final = 0.05
"""Share of the contacts whose agents are not in the roster from which on that is said."""
FEW: Final = 0.05
"""Share of an export's intervals below which those that begin between others are errors."""
DAY: Final = 86_400
ENOUGH: Final = 20
"""Contacts a day from which a queue's busy days are compared with other queues'."""
OFTEN: Final = (20, 0.05)
"""Contacts, and their share, from which one customer is more likely a word for many."""
ENDLESS: Final = 14
"""Days from arrival to end, longer than any call."""
SHOWN: Final = 5
"""Lines that are named one by one."""


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

    @property
    def repeated(self) -> tuple[date, ...]:
        """The days that the scenario repeats, and that `teams` are of."""
        return self.days[-LONGEST:]

    @property
    def warnings_of_queues(self) -> dict[str, list[str]]:
        """What to beware of, by the queues that it is about: what several have in common is said once."""
        queues: dict[str, list[str]] = {}
        for queue in self.queues.values():
            for warning in queue.warnings:
                queues.setdefault(warning, []).append(queue.name)
        warnings: dict[str, list[str]] = {}
        for warning, names in queues.items():
            warnings.setdefault(", ".join(names), []).append(warning)
        return warnings


def estimate(logs: Logs, rule: str) -> Fit:
    """Everything that the logs tell. Raises ScenarioError where there is nothing to tell of."""
    if logs.contacts is None and logs.messages is None and logs.intervals is None:
        raise ScenarioError([Problem("LOG", "only rosters", "a log of contacts, messages or intervals too")])
    if logs.rosters is not None and len(logs.rosters) and not (logs.rosters["activity"] == "work").any():
        value = f"none of the roster's activities is work: {', '.join(logs.rosters['activity'].unique()[:10])}"
        raise ScenarioError([Problem("LOG", value, 'words in the mapping, such as words = { Open = "work" }')])
    contacts = all_contacts(logs)
    if not len(contacts) and logs.intervals is None:
        missing = "no conversation begins with a message of a customer"
        allowed = "a log in which customers write or call"
        if senders := unknown_senders([reading for _, reading in logs.readings]):
            missing, allowed = f"{missing}; who are {format.listed(senders)}?", SENDER_WORDS
        raise ScenarioError([Problem("LOG", missing, allowed)])
    first, follow = first_contacts(contacts, logs)
    days, interval = _days(contacts, first, logs)
    slowed = slowdown(logs)
    queues: dict[str, QueueFit] = {}
    for name in _queues(contacts, logs):
        queues[name] = queue_fit(name, contacts, first, follow, logs, days, interval, slowed)
    # of small queues, and of those whose days differ by chance alone, nothing can be said
    profiles = [
        queue.profile
        for queue in queues.values()
        if not queue.staff_only and queue.profile.p_value < 0.05 and queue.contacts >= ENOUGH * len(days)
    ]
    queues = _slow_to_answer(contacts, queues)
    turn_rounds = _turn_rounds(contacts, queues) if rule == "ready" and logs.rosters is None else NONE
    queues = _with_turn_rounds(queues, turn_rounds)
    opened = opening(queue.hours for queue in queues.values() if queue.answered >= THIN and not queue.staff_only)
    teams, source = teams_fit(contacts, logs, rule, tuple(queues), opened, days[-LONGEST:][0], turn_rounds)
    warnings = (
        *(f"Implausible: {sentence}" for sentence in implausible(contacts, logs, queues, teams, interval)),
        *_warnings(logs, contacts, days, interval, tuple(queues), teams),
    )
    return Fit(
        tuple(days), logs.timezone, interval, queues, teams, slowed, correlation(profiles), source, logs, warnings
    )


def _slow_to_answer(contacts: pd.DataFrame, queues: dict[str, QueueFit]) -> dict[str, QueueFit]:
    """With the times that agents let calls ring, where they do."""
    if not len(contacts):
        return queues
    calls = {name for name, queue in queues.items() if CHANNELS[queue.channel].one_to_one and not queue.staff_only}
    here = contacts.loc[contacts["queue"].isin(calls), ["agent", "queue", "arrival", "answer", "end"]]
    waited, answered = duty.pick_up(here, duty.skills(here))
    if not answered.any():
        return queues
    estimates = Estimates()
    families = WORK if (waited == 0).mean() < MISFIT else ()
    estimates.distribution("answer_delay", Sample(waited / SECOND, answered), families)
    sentence = (
        "Agents are slow to answer: callers who came while one had long been free were answered after "
        f"{waited[answered].mean() / SECOND:.0f} s on average. answer_delay is the distribution of these waits, of up "
        f"to {duty.SLOWEST // SECOND} s."
    )
    return {
        name: replace(
            queue,
            distributions=queue.distributions | estimates.distributions,
            warnings=(*queue.warnings, *estimates.warnings, sentence),
        )
        if name in calls
        else queue
        for name, queue in queues.items()
    }


def _turn_rounds(contacts: pd.DataFrame, queues: dict[str, QueueFit]) -> TurnRounds:
    """What agents take after each contact, where it is one piece of work and the log has no wrap-up."""
    known = any("wrap_up" in queue.distributions or queue.slow for queue in queues.values())
    if not len(contacts) or known or not all(CHANNELS[queue.channel].one_to_one for queue in queues.values()):
        return NONE
    return after_contacts(contacts, duty.skills(contacts))


def _with_turn_rounds(queues: dict[str, QueueFit], turn_rounds: TurnRounds) -> dict[str, QueueFit]:
    """With these times as wrap-up, where agents take any."""
    if not len(turn_rounds.took):
        return queues
    estimates = Estimates()
    estimates.distribution("wrap_up", Sample(turn_rounds.took / SECOND, turn_rounds.ended), WORK)
    mean = estimates.distributions["wrap_up"].distribution.mean
    sentence = (
        f"Agents are not free at once after a contact, though somebody waits: {mean:.0f} s later on average. The log "
        "does not say what they do; wrap_up is the distribution of these times, and they count as work."
    )
    return {
        name: replace(
            queue,
            distributions=queue.distributions | estimates.distributions,
            turns_round=mean,
            warnings=(*queue.warnings, *estimates.warnings, sentence),
        )
        for name, queue in queues.items()
    }


def _days(contacts: pd.DataFrame, first: Bool, logs: Logs) -> tuple[list[date], int]:
    """The days that the logs cover, and the seconds of an interval."""

    moments = contacts["arrival"][first] if len(contacts) else logs.intervals["start"]  # type: ignore[index]
    start, end = moments.min().date(), moments.max().date()
    days = list(logs.days) or _whole(
        [start + timedelta(days=number) for number in range((end - start).days + 1)], moments
    )
    return days, INTERVAL if logs.intervals is None else _length_of_intervals(logs.intervals["start"])


def _length_of_intervals(starts: pd.Series[Any]) -> int:
    """Seconds of the intervals of an export: the usual gap between their starts, or a shorter one where rows of empty
    intervals are left out; a day where days are.

    Raises ScenarioError where that is no part of a day, or a few rows begin in the midst of an interval.
    """
    seconds = np.unique(starts.to_numpy("datetime64[s]").astype(np.int64))
    gaps, number = np.unique(np.diff(seconds), return_counts=True)
    if not len(gaps):
        return INTERVAL
    usual = int(gaps[number.argmax()])
    if usual % DAY == 0 and usual < 7 * DAY:
        usual = DAY
    for length in (usual, int(gaps.min())):
        outside = seconds % length > 0
        if DAY % length == 0 and length >= 60 and not outside.any():
            return length
        if outside.any() and outside.mean() < FEW:  # a slip of the pen must not make all intervals short
            break
    if DAY % usual:
        value = f"intervals of {written_duration(usual * SECOND)}"
        raise ScenarioError([Problem("LOG", value, "rows for days, or for parts of a day of one length")])
    moment = np.datetime64(int(seconds[seconds % usual > 0][0]), "s").item()
    value = f"intervals of {usual / 60:g} min, and one that begins at {moment:%Y-%m-%d %H:%M}"
    raise ScenarioError([Problem("LOG", value, "intervals of one length that divides a day, from midnight on")])


def _whole(days: list[date], moments: pd.Series[Any]) -> list[date]:
    """Without a first day before whose beginning, or a last day after whose end, the log must lack contacts.

    It must where it begins an hour or more after each other day of that weekday (or, without one, after every day), or
    ends so much before, and NONE_BY_CHANCE or more contacts came on those in that time.
    """
    at = moments.dt.date
    clock = moments - moments.dt.normalize()
    ends = clock.groupby(at).agg(["min", "max"])
    for edge in (0, -1):
        day = days[edge]
        others = [other for other in ends.index if other != day and other in days]
        others = [other for other in others if other.weekday() == day.weekday()] or others
        if not others or day not in ends.index:
            continue
        if edge == 0:
            late = ends["min"][day] - ends["min"][others].max()
            lacking = clock < ends["min"][day]
        else:
            late = ends["max"][others].min() - ends["max"][day]
            lacking = clock > ends["max"][day]
        if late >= np.timedelta64(1, "h") and lacking[at.isin(others)].sum() >= NONE_BY_CHANCE * len(others):
            days = [other for other in days if other != day]
    return _worked(days, at)


def _worked(days: list[date], at: pd.Series[Any]) -> list[date]:
    """Without closed days: nobody came at all, though NONE_BY_CHANCE or more come on others of that weekday."""
    number = at.value_counts().to_dict()
    came, alike = np.zeros(7), np.zeros(7)
    for day in days:
        came[day.weekday()] += number.get(day, 0)
        alike[day.weekday()] += 1
    usual = came / np.maximum(alike - 1, 1)  # of the others: on this one nobody came
    return [day for day in days if day in number or usual[day.weekday()] < NONE_BY_CHANCE]


def _queues(contacts: pd.DataFrame, logs: Logs) -> list[str]:
    named = [frame["queue"] for frame in (contacts, logs.intervals) if frame is not None and len(frame)]
    return sorted({str(name) for column in named for name in column.unique()})


def _warnings(
    logs: Logs,
    contacts: pd.DataFrame,
    days: Sequence[date],
    interval: int,
    queues: Sequence[str],
    teams: Sequence[TeamFit],
) -> tuple[str, ...]:
    warnings_: list[str] = []
    moments = contacts["arrival"] if len(contacts) else logs.intervals["start"]  # type: ignore[index]
    for day in sorted({moments.min().date(), moments.max().date()} - {*days}):
        warnings_.append(f"{day} is left out of volumes and rosters: the log has a part of it only.")
    if interval * SECOND >= NO_HOURS:
        warnings_.append("Hours of the day are not known: intervals are too long, and volume is even within each.")
    twice = int(_repeated(contacts["arrival"], logs.timezone)) if len(contacts) else 0
    if twice:
        warnings_.append(
            f"{format.several(twice, 'contact')} came in the hour that the clock repeats; the scenario spreads those "
            "of that hour evenly over both."
        )
    if 0 < len(contacts) < THIN:
        warnings_.append(
            f"The log has {format.several(len(contacts), 'contact')}: too few to tell what is usual. How many come "
            "when, how long work takes and who is there are those of single contacts; put in what you know."
        )
    for file, reading in logs.readings:
        out = len(reading.refused)
        strange = {reason: count for reason, count in reading.reasons.items() if reason.startswith(UNKNOWN_OUTCOME)}
        if sum(strange.values()) > len(reading.rows):
            warnings_.append(
                f"Implausible: {file}: more than half of the lines have outcomes that the mapping does not explain, "
                f"such as {next(iter(strange)).removeprefix(UNKNOWN_OUTCOME)}: "
                'words = { OUTCOME = "answered" } says what they mean.'
            )
        warnings_ += [f"{file}: {sentence}" for sentence in _strays(reading)]
        if out > 0.05 * (out + len(reading.rows)) and not logs.chains:
            unused = format.percent(out / (out + len(reading.rows)), 0)
            warnings_.append(f"{file}: {unused} of its lines could not be used.")
    if len(contacts) and not customers_known(contacts):
        known = contacts["customer"].notna().mean()
        warnings_.append(
            f"Customers are known in {format.percent(known, 0)} of the contacts: who tries again is counted as "
            "somebody new."
            if known
            else "Customers are not known: who tries again is counted as somebody new."
        )
    for name, number in contacts["customer"].value_counts().items():
        if not logs.chains and number >= max(OFTEN[0], OFTEN[1] * len(contacts)):
            warnings_.append(
                f"{number:,} of {len(contacts):,} contacts are of one customer, {name}, who is taken to try again and "
                f'again. If that stands for many: unknown.customer = ["{name}"] in the mapping.'
            )
    unserved = [name for name in queues if not any(name in team.queues for team in teams)]
    if unserved:
        of = "" if len(unserved) == len(queues) else f" of {format.listed(unserved)}"
        warnings_.append(
            f"The log names no agents{of}: the scenario's staffing is made up to match waits or work, not seen."
        )
    warnings_ += _not_rostered(contacts, logs)
    if len(days) > LONGEST:
        warnings_.append(
            f"The scenario repeats the last {LONGEST} of {len(days)} days; distributions and profile are of all."
        )
    return tuple(warnings_)


def _not_rostered(contacts: pd.DataFrame, logs: Logs) -> Iterator[str]:
    """What was answered on days, or by agents, that the roster does not have: the scenario has nobody there."""
    if logs.rosters is None or logs.rosters.empty:
        return
    answered = contacts[contacts["agent"].notna() & contacts["answer"].notna()]
    moments = answered["answer"] if logs.intervals is None else logs.intervals["start"][logs.intervals["handled"] > 0]
    work = logs.rosters[logs.rosters["activity"] == "work"]
    days = sorted({*moments.dt.date.unique()} - {*work["start"].dt.date.unique(), *work["end"].dt.date.unique()})
    if days:
        lacking = format.several(len(days), "day")
        yield f"The roster has no shift on {lacking} on which somebody answered, the first {days[0]}."
    others = answered["agent"][~answered["agent"].isin(work["agent"])]
    if len(others) > STRANGERS * len(answered):
        yield (
            f"{format.percent(len(others) / len(answered), 0)} of the answered were answered by agents who are not in "
            f"the roster, such as {others.iloc[0]} (it has {work['agent'].iloc[0]}): do their names differ? The "
            "scenario has the roster's agents alone, and those of whom the log has nothing serve every queue."
        )


def _strays(reading: Reading) -> Iterator[str]:
    """Lines whose dates are far from those of the others, or that last too long to be a call."""
    rows = reading.rows
    out = reading.refused["line"][reading.refused["reason"] == FAR_OFF]
    if len(out):
        yield f"{_lines(out)} left out: {FAR_OFF}"
    if reading.kind == "rosters" or rows.empty:
        return
    moments = rows[TIMES[reading.kind][0]]
    groups = apart(moments)
    most = groups.mode()[0]
    for group in groups.unique():
        if group != most:
            those = rows[groups == group]
            yield (
                f"{_lines(those['line'])} of {moments[groups == group].min():%Y-%m-%d}: {FAR} days "
                "or more from the others. Is the date right? The days between count as days of the log."
            )
    if reading.kind == "contacts":
        single = rows["channel"].map(lambda name: not CHANNELS[name].persistent).astype("bool")
        long = rows[single & (rows["end"] - rows["arrival"] > np.timedelta64(ENDLESS, "D"))]
        if len(long):
            yield f"{_lines(long['line'])}: {ENDLESS} days and longer for a call. Is the end right?"


def _lines(numbers: pd.Series[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:SHOWN])
    more = f" and {len(numbers) - SHOWN:,} more" if len(numbers) > SHOWN else ""
    return f"line{'s' if len(numbers) > 1 else ''} {shown}{more}"


def _repeated(moments: pd.Series[Any], zone: str | None) -> int:
    """How many local times the clock of the zone shows twice."""
    if zone is None:
        return 0
    before, after = (
        moments.dt.tz_localize(zone, ambiguous=np.full(len(moments), first), nonexistent="NaT")
        for first in (True, False)
    )
    return int(((before != after) & before.notna()).sum())
