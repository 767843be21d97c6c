"""All that a log says about a scenario: each value with its uncertainty, the data behind it, and what to beware of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.distributions.durations import Distribution, Empirical
from ccsim.errors import Problem, ScenarioError
from ccsim.fit import conversations as talks
from ccsim.fit import distributions
from ccsim.fit.arrivals import Profile, correlation, profile
from ccsim.fit.conversations import Shared, Slowdown
from ccsim.fit.distributions import Fitted, Sample, Z
from ccsim.logs import duty as duties
from ccsim.logs.duty import Duty
from ccsim.logs.records import COLUMNS, Logs
from ccsim.results import format
from ccsim.scenario.channels import CHANNELS
from ccsim.stats.estimate import Estimate
from ccsim.stats.survival import confidence, kaplan_meier, values
from ccsim.tables import F64, Bool

if TYPE_CHECKING:
    import pandas as pd

ANSWERED: Final = ("answered", "resolved", "transferred", "timed_out", "lost", "expired")
GAVE_UP: Final = ("abandoned", "silently_abandoned")
LEFT: Final = (*GAVE_UP, "blocked", "rejected", "lost")
"""Outcomes after which a customer may try again."""
NEVER_CAME: Final = ("deflected", "contained")
"""Contacts that no agent was to see."""

INTERVAL: Final = 1800
"""Seconds of an interval of the profile, where the log has none of its own."""
THIN: Final = 50
"""Data below which a distribution is called thin."""
AGAIN: Final = np.timedelta64(24, "h")
"""Who left and comes again within this time tries again."""
KNOWN: Final = 0.9
"""Share of contacts whose customer must be known for those who come again to be told from the others."""
ENOUGH: Final = 20
"""Contacts a day from which a queue's busy days are compared with other queues'."""
LONGEST: Final = 28
"""Days that a scenario repeats at most: the last ones of the log."""


@dataclass(frozen=True)
class DistributionFit:
    """A distribution of one quantity: the sample, every family fitted to it (least BIC first), and the distribution
    taken."""

    sample: Sample
    candidates: tuple[Fitted, ...]
    distribution: Distribution
    family: str
    """of the distribution: one of the candidates', empirical or constant"""


@dataclass(frozen=True)
class QueueFit:
    """What the log says about a queue."""

    name: str
    channel: str
    contacts: int
    answered: int
    gave_up: int
    profile: Profile
    hours: dict[int, tuple[int, int]]
    """by weekday the seconds after midnight between which agents answered; none where that is always or not known"""
    distributions: dict[str, DistributionFit] = field(default_factory=dict)
    """by key of the scenario: work, wrap_up, patience, reply_latency, reply_patience, retry.after, reopens.after"""
    figures: dict[str, Estimate] = field(default_factory=dict)
    """by key of the scenario: turns, silent_abandonment, retry.share, reopens.share, returns, transfer.QUEUE, …"""
    seen: dict[str, DistributionFit] = field(default_factory=dict)
    """what a simulation brings forth, as it was in the log: the first wait of the answered"""
    shared: Shared | None = None
    staff_only: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class TeamFit:
    """Agents of one team: their skills, when they were there, how many sessions they have at once."""

    name: str
    queues: tuple[str, ...]
    duties: tuple[Duty, ...]
    concurrency: dict[str, int]


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
    contacts = _contacts(logs)
    first, kept = _first_contacts(contacts, logs)
    days, interval = _days(contacts, first, logs)
    slowed = _slowdown(logs)
    queues: dict[str, QueueFit] = {}
    for name in _queues(contacts, logs):
        queues[name] = _queue(name, contacts, first, kept, logs, days, interval, slowed)
    # of small queues, and of those whose days differ by chance alone, nothing can be said
    profiles = [
        queue.profile
        for queue in queues.values()
        if not queue.staff_only and queue.profile.p_value < 0.05 and queue.contacts >= ENOUGH * len(days)
    ]
    teams, source = _teams(contacts, logs, rule, tuple(queues))
    warnings = _warnings(logs, contacts, kept, days, tuple(queues), teams)
    return Fit(
        tuple(days), logs.timezone, interval, queues, teams, slowed, correlation(profiles), source, logs, warnings
    )


# ── contacts, whatever the kind of log ───────────────────────────────────────────────────────────────────────────────


def _contacts(logs: Logs) -> pd.DataFrame:
    """The contacts, and as contacts the conversations of queues that only messages tell of; none of intervals alone."""
    import pandas as pd

    messages = _only_messages(logs)
    if messages is None or not len(messages):
        if logs.contacts is not None:
            return logs.contacts
        return pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS["contacts"]})
    ordered = messages.sort_values(["conversation", "sent"], kind="stable")
    by = ordered.groupby("conversation")
    agents = ordered[ordered["sender"] == "agent"].groupby("conversation")
    found = pd.DataFrame(
        {
            "queue": by["queue"].first(),
            "channel": by["channel"].first(),
            "arrival": ordered[ordered["sender"] == "customer"].groupby("conversation")["sent"].first(),
            "answer": agents["sent"].first(),
            "end": by["sent"].last(),
            "agent": agents["agent"].first(),
        }
    )
    found = found[found["arrival"].notna()].reset_index(names="contact")
    found["answer"] = found["answer"].where(found["answer"] >= found["arrival"])
    found["customer"], found["wrapped"], found["until"] = pd.NA, pd.NaT, pd.NaT
    found["outcome"] = np.where(found["answer"].notna(), "answered", "open")
    return found if logs.contacts is None else pd.concat([logs.contacts, found], ignore_index=True)


def _only_messages(logs: Logs) -> pd.DataFrame | None:
    """The messages of queues of which there are no contacts."""
    if logs.contacts is None or logs.messages is None:
        return logs.messages
    return logs.messages[~logs.messages["queue"].isin(logs.contacts["queue"])]


def _first_contacts(contacts: pd.DataFrame, logs: Logs) -> tuple[Bool, pd.DataFrame | None]:
    """Which contacts are not follow-ups, and the follow-ups with what they follow; None if customers are not known.

    A contact follows the one before of the same customer: a leg of a transfer at once, a retry or return within AGAIN
    of who left or timed out, and, where a customer's contacts are all about one matter, any.
    """
    known = contacts["customer"].notna()
    if not len(contacts) or known.mean() < KNOWN:
        return np.ones(len(contacts), np.bool_), None
    ordered = contacts.sort_values(["customer", "arrival", "end"], kind="stable")
    before = ordered.shift()
    lag = ordered["arrival"] - before["end"]
    same = (ordered["customer"] == before["customer"]).fillna(False)
    soon = lag <= AGAIN
    kinds = {
        "": ~same,
        "transfer": before["outcome"].isin(["transferred"]),
        "retry": before["outcome"].isin(LEFT) & (soon | logs.chains),
        "return": before["outcome"].isin(["timed_out"]) & (soon | logs.chains),
        "reopening": before["outcome"].isin(["answered", "resolved"]) & logs.chains,
    }
    link = np.select([mask.to_numpy(np.bool_) for mask in kinds.values()], list(kinds), "")
    follow = ordered.assign(
        link=link, lag=lag.dt.total_seconds().clip(lower=0), source=before["queue"], parent=before["contact"]
    )[link != ""]
    first = np.ones(len(contacts), np.bool_)
    first[contacts.index.get_indexer(follow.index)] = False
    return first, follow


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


# ── one queue ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _queue(
    name: str,
    contacts: pd.DataFrame,
    first: Bool,
    follow: pd.DataFrame | None,
    logs: Logs,
    days: Sequence[date],
    interval: int,
    slowed: Slowdown | None,
) -> QueueFit:
    here = (contacts["queue"] == name).to_numpy(np.bool_)
    mine = contacts[here]
    mine = mine[~mine["outcome"].isin(NEVER_CAME)]
    staff = name in logs.staff_only
    intervals = None if logs.intervals is None else logs.intervals[logs.intervals["queue"] == name]
    if len(mine):
        channel = str(mine["channel"].mode().iloc[0])
        came = contacts["arrival"][here & first & ~contacts["outcome"].isin(NEVER_CAME).to_numpy(np.bool_)]
        counts = _counts(came, np.ones(len(came)), days, interval)
    else:
        assert intervals is not None
        channel = str(intervals["channel"].mode().iloc[0])
        counts = _counts(intervals["start"], intervals["offered"].to_numpy(np.float64), days, interval)
    messages = None if logs.messages is None else logs.messages[logs.messages["queue"] == name]
    told, seen, kind = _Estimates(), _Estimates(), CHANNELS[channel]
    shared = _handled(told, channel, mine, messages, intervals, logs, slowed)
    hours = _hours(mine, messages, kind.defaults["outside_hours"].value == "hold")
    if not len(mine) and intervals is not None and interval < 86400:
        hours = _interval_hours(intervals[intervals["offered"] > 0]["start"], interval)
    if len(mine) and not staff:
        _patience(told, mine, kind.persistent, hours)
        wait = _complete(mine["answer"] - mine["arrival"])
        # where many need not wait no family is meant
        seen.distribution(
            "first_wait", wait, distributions.WORK if (wait.times == 0).mean() < distributions.MISFIT else ()
        )
    if follow is not None:
        _follow_ups(told, name, mine, follow)
    shape = profile(counts, days)
    _judge(told, shape)
    return QueueFit(
        name,
        channel,
        len(mine) or int(counts.sum()),
        int(mine["answer"].notna().sum() if len(mine) or intervals is None else intervals["handled"].sum()),
        int(mine["outcome"].isin(GAVE_UP).sum()),
        shape,
        hours,
        told.distributions,
        told.figures,
        seen.distributions,
        shared,
        staff,
        tuple(told.warnings),
    )


@dataclass
class _Estimates:
    """What has been found out of a queue so far."""

    distributions: dict[str, DistributionFit] = field(default_factory=dict)
    figures: dict[str, Estimate] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def distribution(
        self, name: str, sample: Sample, families: Sequence[str] = (), fitted: Sequence[Fitted] | None = None
    ) -> None:
        """The distribution of a sample: the family with the least BIC; the data's own values where even that does not
        fit.

        `fitted` are the families, if they have been fitted already.
        """
        if not sample.ended.any():
            return
        constant = distributions.constant(sample)
        if constant is not None:
            self.distributions[name] = DistributionFit(sample, (), constant, "constant")
            return
        candidates = tuple(distributions.fit_all(families, sample) if fitted is None else fitted)
        what = name.replace("_", " ").replace(".", ": ")
        number = int(sample.ended.sum())
        if number < THIN:
            self.warnings.append(f"Thin: the distribution of {what} rests on {format.several(number, 'case')}.")
        best = candidates[0] if candidates else None
        if best is not None and (number < 2 * THIN or best.distance <= distributions.MISFIT):
            self.distributions[name] = DistributionFit(sample, candidates, best.distribution, best.family)
            return
        self.distributions[name] = DistributionFit(
            sample, candidates, Empirical(tuple(values(*sample).tolist())), "empirical"
        )
        if best is not None:
            self.warnings.append(
                f"No family fits {what}: the best, {best.family}, is {100 * best.distance:.1f} points off the data's "
                "curve. The data's own values are used."
            )


def _handled(
    told: _Estimates,
    channel: str,
    mine: pd.DataFrame,
    messages: pd.DataFrame | None,
    intervals: pd.DataFrame | None,
    logs: Logs,
    slowed: Slowdown | None,
) -> Shared | None:
    """Turns, work, wrap-up and latencies, as far as the kind of log tells them."""
    kind, shared = CHANNELS[channel], None
    wrapped = mine[mine["wrapped"].notna()]
    if len(wrapped):
        told.distribution("wrap_up", _complete(wrapped["wrapped"] - wrapped["end"]), distributions.WORK)
    answered = mine[mine["answer"].notna()]
    these = None
    if messages is not None and len(messages) and not kind.one_to_one:
        of_queue = None if logs.contacts is None or not logs.contacts["queue"].isin(mine["queue"]).any() else mine
        these = talks.conversations(messages, of_queue, logs.sessions)
    # what has one turn is said by its contact, whose sessions may have been worked on together
    one_turn = these is not None and not kind.persistent and these.replies.max(initial=0) <= 1
    if these is not None and not one_turn:
        _conversations(told, these, slowed)
    elif len(answered) and kind.persistent:
        told.warnings.append(f"Without a log of messages turns, work and latencies are the defaults of {channel}.")
    elif len(answered):
        done = answered[answered["outcome"].isin(["answered", "resolved", "transferred"])]
        if not kind.one_to_one:
            shared = talks.shared(done[done["agent"].notna()].rename(columns={"answer": "start"}))
            told.figures["turns"] = Estimate(1.0, 1.0, 1.0)
        told.distribution("work", _complete(done["end"] - done["answer"]), distributions.WORK)
        _drift(told, done)
    elif intervals is not None:
        handled = intervals["handled"].fillna(intervals["offered"]).where(intervals["handle_time"].notna(), 0)
        if handled.sum() > 0:
            mean = float((handled * intervals["handle_time"].fillna(0)).sum() / handled.sum())
            told.figures["work.mean"] = Estimate(mean, math.nan, math.nan)
            if not kind.one_to_one:  # the handle time is of a whole contact
                told.figures["turns"] = Estimate(1.0, 1.0, 1.0)
            told.warnings.append("The log has means of the handle time only: how it varies is the channel's default.")
    return shared


def _counts(moments: pd.Series[Any], weights: F64, days: Sequence[date], interval: int) -> F64:
    size = 86400 // interval
    seconds = moments.to_numpy("datetime64[s]").astype(np.int64)
    known = np.array([np.datetime64(day, "D").astype(np.int64) for day in days])
    place = np.searchsorted(known, seconds // 86400)
    inside = known[np.minimum(place, len(known) - 1)] == seconds // 86400
    cell = place * size + seconds % 86400 // interval
    return np.asarray(np.bincount(cell[inside], weights[inside], size * len(days)), np.float64).reshape(len(days), size)


def _complete(lengths: pd.Series[Any]) -> Sample:
    seconds = lengths.dt.total_seconds().dropna().to_numpy(np.float64)
    return Sample(np.maximum(seconds, 0), np.ones(len(seconds), np.bool_))


def _conversations(told: _Estimates, these: talks.Conversations, slowed: Slowdown | None) -> None:
    if these.over.any():
        told.figures["turns"] = talks.geometric(these.replies, these.over)
        _turns(told, these)
    told.distribution("reply_latency", these.latency, distributions.WORK)
    told.distribution("reply_patience", these.reply_patience, distributions.PATIENCE)
    work = these.work.times
    if slowed is not None and len(work):
        factors = np.array([factor.mean for factor in slowed.factors])
        level = np.clip(np.nan_to_num(these.beside, nan=1.0), 1, len(factors)).astype(np.int64)
        work = work / factors[level - 1]
    told.distribution("work", Sample(work, these.work.ended), distributions.WORK)
    if len(these.timeouts) >= distributions.FEW:
        told.figures["idle_timeout"] = _quartiles(these.timeouts)
    if not len(these.work.times):
        told.warnings.append("The log does not say how long agents work on a reply: that is the channel's default.")


def _quartiles(times: F64) -> Estimate:
    low, middle, high = np.quantile(times, [0.25, 0.5, 0.75]).tolist()
    return Estimate(middle, low, high)


def _turns(told: _Estimates, these: talks.Conversations) -> None:
    """Turns as they were where a geometric distribution misses them and every conversation was done."""
    done = these.replies[these.over]
    mean = float(these.replies.sum()) / len(done)
    if len(done) < 2 * THIN or mean <= 1:
        return
    at = np.arange(1, int(done.max()) + 1)
    share = np.searchsorted(np.sort(done), at, "right") / len(done)
    off = float(np.abs(share - (1 - (1 - 1 / mean) ** at)).max())
    censored = float((~these.over).mean())
    if off > distributions.MISFIT and censored < distributions.MISFIT:
        told.distributions["turns"] = DistributionFit(
            Sample(done, np.ones(len(done), np.bool_)), (), Empirical(tuple(np.sort(done).tolist())), "empirical"
        )
        told.warnings.append(f"Turns are not geometric ({100 * off:.1f} points off): the data's own numbers are used.")


def _drift(told: _Estimates, done: pd.DataFrame) -> None:
    """Whether work depends on the time of day, which the model's does not."""
    from scipy.stats import f_oneway

    if "work" not in told.distributions or len(done) < 10 * THIN:
        return
    took = np.log(np.maximum((done["end"] - done["answer"]).dt.total_seconds().to_numpy(np.float64), 0.5))
    hour = done["answer"].dt.hour.to_numpy()
    groups = [took[hour == at] for at in np.unique(hour)]
    groups = [group for group in groups if len(group) >= THIN]
    if len(groups) < 2:
        return
    spread = math.exp(max(group.mean() for group in groups) - min(group.mean() for group in groups))
    if spread > 1.25 and f_oneway(*groups).pvalue < 0.001:
        told.warnings.append(
            f"Work depends on the hour: its geometric mean varies by a factor of {spread:.2f}; the model's does not."
        )


def _hours(mine: pd.DataFrame, messages: pd.DataFrame | None, holds: bool) -> dict[int, tuple[int, int]]:
    """From the first to the last half hour of each weekday in which agents began to answer; empty if they always did.

    Where a channel does not hold who comes outside: in which customers came who were not rejected.
    """
    moments = mine["answer"].dropna() if holds else mine["arrival"][mine["outcome"] != "rejected"]
    if holds and messages is not None and len(messages):
        moments = messages["sent"][messages["sender"] == "agent"]
    if len(moments) < THIN:
        return {}
    clock = ((moments - moments.dt.normalize()).dt.total_seconds() // INTERVAL * INTERVAL).astype("int64")
    by = clock.groupby(moments.dt.day_of_week)
    found = {int(day): (int(group.min()), int(group.max()) + INTERVAL) for day, group in by}
    whole = all(last - begun > 86400 - 3 * INTERVAL for begun, last in found.values())
    return {} if whole and len(found) == 7 else found


def _interval_hours(starts: pd.Series[Any], interval: int) -> dict[int, tuple[int, int]]:
    """From the first to the last interval of each weekday in which somebody came; empty if that is nearly always."""
    clock = (starts - starts.dt.normalize()).dt.total_seconds().astype("int64")
    by = clock.groupby(starts.dt.day_of_week)
    found = {int(day): (int(group.min()), int(group.max()) + interval) for day, group in by}
    whole = all(last - begun > 86400 - 3 * INTERVAL for begun, last in found.values())
    return {} if whole and len(found) == 7 else found


def _patience(told: _Estimates, mine: pd.DataFrame, persistent: bool, hours: dict[int, tuple[int, int]]) -> None:
    """Patience of answered and abandoned together; of those who came while the queue was open."""
    used = mine[~mine["outcome"].isin(["rejected", "blocked"])]
    if persistent and hours:  # whoever is held waits with a patience that stands still
        second = (used["arrival"] - used["arrival"].dt.normalize()).dt.total_seconds()
        opens = used["arrival"].dt.day_of_week.map({day: span[0] for day, span in hours.items()})
        closes = used["arrival"].dt.day_of_week.map({day: span[1] for day, span in hours.items()})
        used = used[(second >= opens) & (second < closes)]
    gave_up = used["outcome"].isin(GAVE_UP).to_numpy(np.bool_)
    until = used["answer"].where(used["answer"].notna() & ~gave_up, used["end"])
    waited = (until - used["arrival"]).dt.total_seconds().to_numpy(np.float64)
    if not gave_up.any():
        if len(mine):
            told.warnings.append("Nobody gave up waiting in this log: patience is endless.")
        return
    told.distribution("patience", Sample(np.maximum(waited, 0), gave_up), distributions.PATIENCE)
    silent = int((used["outcome"] == "silently_abandoned").sum())
    if silent:
        told.figures["silent_abandonment"] = share(silent, int(gave_up.sum()))


def _follow_ups(told: _Estimates, name: str, mine: pd.DataFrame, follow: pd.DataFrame) -> None:
    """Who tries again, comes back or is transferred: shares, delays, and where to."""
    from_here = follow[follow["source"] == name]
    left = int(mine["outcome"].isin(LEFT).sum())
    again = from_here[from_here["link"] == "retry"]
    if left and len(again):
        told.figures["retry.share"] = share(len(again), left)
        for other, count in again["queue"].value_counts().items():
            told.figures[f"retry.to.{other}"] = share(int(count), len(again))
        told.distribution("retry.after", _lags(again), distributions.PATIENCE)
    timed_out = int((mine["outcome"] == "timed_out").sum())
    if timed_out:
        told.figures["returns"] = share(int((from_here["link"] == "return").sum()), timed_out)
    done = int(mine["outcome"].isin(["answered", "resolved"]).sum())
    reopened = from_here[from_here["link"] == "reopening"]
    if done and len(reopened):
        served = mine[mine["outcome"].isin(["answered", "resolved"]) & ~mine["contact"].isin(reopened["parent"])]
        last = served["until"].fillna(mine["arrival"].max())
        silent = np.maximum((last - served["end"]).dt.total_seconds().to_numpy(np.float64), 0)
        told.figures["reopens.share"], lags, fitted = came_back(reopened["lag"].to_numpy(np.float64), silent)
        told.distribution("reopens.after", lags, fitted=fitted)
    legs = from_here[from_here["link"] == "transfer"]
    replied = int(mine["outcome"].isin(["answered", "resolved", "transferred", "timed_out"]).sum())
    for other, count in legs["queue"].value_counts().items():
        told.figures[f"transfer.{other}"] = share(int(count), replied)


def _lags(rows: pd.DataFrame) -> Sample:
    return Sample(rows["lag"].to_numpy(np.float64), np.ones(len(rows), np.bool_))


def came_back(lags: F64, silent: F64) -> tuple[Estimate, Sample, list[Fitted]]:
    """The share that comes back at all, and the times they take, though the log ends before some have come.

    `lags` are the seconds after which customers came back, `silent` for how long the others could have. The share is
    that of the likeliest distribution; where no family can be fitted, what Kaplan and Meier's curve loses. The sample
    is of as many lags, of which each stands for as many as were not seen because the log ended (inverse probability of
    censoring).
    """
    sample = Sample(np.concatenate([lags, silent]), np.repeat([True, False], [len(lags), len(silent)]))
    candidates = distributions.fit_all(distributions.PATIENCE, sample, partly=True)
    if candidates:
        found = candidates[0].parameters["share"]
    else:
        lasts = kaplan_meier(*sample)[1][-1]
        low, high = (float(ends[-1]) for ends in confidence(*sample))
        found = Estimate(1 - float(lasts), 1 - high, 1 - low)
    ordered = np.sort(lags)
    at, seen = kaplan_meier(sample.times, ~sample.ended)  # the log, too, ends for each customer at some time
    weight = np.cumsum(1 / np.maximum(np.concatenate(([1.0], seen))[np.searchsorted(at, ordered)], 1e-9))
    even = (np.arange(len(lags)) + 0.5) / len(lags) * weight[-1]
    return found, Sample(ordered[np.searchsorted(weight, even)], np.ones(len(lags), np.bool_)), candidates


def share(number: int, total: int) -> Estimate:
    """A share with Wilson's 95 % interval."""
    p, z2 = number / total, Z * Z
    middle = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = Z * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return Estimate(p, max(middle - half, 0.0), min(middle + half, 1.0))


def _judge(told: _Estimates, shape: Profile) -> None:
    """Where the profile is thin, and where arrivals are no Poisson process."""
    from scipy.stats import chi2

    number = np.bincount(shape.weekday, minlength=7)
    once = [name for name, count in zip(WEEKDAYS, number.tolist(), strict=True) if count == 1]
    if once:
        told.warnings.append(f"Thin: the log has one {_and(once)} only; chance of that day is taken for the rule.")
    if (number == 0).any():
        missing = [name for name, count in zip(WEEKDAYS, number.tolist(), strict=True) if not count]
        told.warnings.append(f"The log has no {_and(missing)}.")
    residuals = shape.counts.sum(axis=1) - np.array([shape.volumes[day].mean for day in shape.weekday.tolist()])
    if len(residuals) >= LONGEST and residuals.any():
        lagged = float(residuals[1:] @ residuals[:-1] / (residuals @ residuals))
        if lagged > max(0.3, 3 / math.sqrt(len(residuals))):
            told.warnings.append(
                f"Busy days follow one another (correlation {lagged:.2f} from one day to the next), as with a trend; "
                "the model's come independently."
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
        told.warnings.append(
            f"Arrivals come in bunches: within days the counts of intervals vary {excess / freedom:.2f} times as much "
            "as a Poisson process with that profile."
        )


WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _and(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


# ── agents ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _slowdown(logs: Logs) -> Slowdown | None:
    """Over all queues whose works and sessions are known: each work by the geometric mean of its queue's alone."""
    if logs.messages is None or logs.sessions is None:
        return None
    works, levels = [], []
    for _, messages in logs.messages.groupby("queue"):
        these = talks.conversations(messages, None, logs.sessions)
        alone = these.work.times[these.beside == 1]
        if len(alone) >= THIN:
            centre = math.exp(float(np.log(np.maximum(alone, 1e-6)).mean()))
            works.append(these.work.times / centre)
            levels.append(these.beside)
    return talks.slowdown(np.concatenate(works), np.concatenate(levels)) if works else None


def _served(contacts: pd.DataFrame, logs: Logs) -> pd.DataFrame:
    """What agents did, as contacts: those of one turn, and of conversations every reply."""
    import pandas as pd

    if logs.messages is None:
        # of a thread that goes on for days only the first answer says that the agent was there
        lasting = contacts["channel"].map(lambda name: CHANNELS[name].persistent).astype("bool")
        return contacts.assign(end=contacts["end"].mask(lasting & contacts["answer"].notna(), contacts["answer"]))
    replies = logs.messages[(logs.messages["sender"] == "agent") & logs.messages["agent"].notna()]
    alone = contacts["channel"].map(lambda name: CHANNELS[name].one_to_one).astype("bool")
    begun = replies["begun"].fillna(replies["sent"])
    pieces = pd.DataFrame(
        {
            "contact": replies["conversation"],
            "queue": replies["queue"],
            "arrival": begun,
            "answer": begun,
            "end": replies["sent"],
            "agent": replies["agent"],
            "outcome": "answered",
        }
    )
    return pd.concat([contacts[alone], pieces], ignore_index=True) if len(pieces) else contacts[alone]


def _teams(contacts: pd.DataFrame, logs: Logs, rule: str, queues: tuple[str, ...]) -> tuple[tuple[TeamFit, ...], str]:
    """By the roster's teams, else by what agents answered; none where nobody is named."""
    served = _served(contacts, logs) if len(contacts) else contacts
    if logs.rosters is not None:
        there, team_of = _rostered(logs.rosters)
        source = "roster"
    elif len(served) and served["agent"].notna().any():
        there, team_of, source = duties.RULES[rule].infer(served), {}, rule
    else:
        return (), "nobody"
    # the agents of a team that the roster names have their skills in common
    named = served.assign(agent=served["agent"].map(lambda agent: team_of.get(agent, agent), na_action="ignore"))
    skills = duties.skills(named) if len(served) else {}
    groups: dict[str, list[Duty]] = {}
    able: dict[str, frozenset[str]] = {}
    names: dict[tuple[str, ...], str] = {}
    for duty in there:
        known = team_of.get(duty.agent, duty.agent)
        mine = tuple(name for name in queues if name in skills.get(known, queues))
        team = team_of.get(duty.agent) or names.setdefault(mine, f"team{len(names) + 1}")
        groups.setdefault(team, []).append(duty)
        able[team] = frozenset(mine)
    together = _together(contacts, logs)
    return tuple(
        TeamFit(
            team,
            tuple(name for name in queues if name in able[team]),
            tuple(groups[team]),
            {name: together[name] for name in queues if name in able[team] and name in together},
        )
        for team in sorted(groups)
    ), source


def _rostered(rosters: pd.DataFrame) -> tuple[list[Duty], dict[str, str]]:
    """Shifts of each agent: lines of work that follow one another with at most two hours between, breaks among them."""
    from ccsim.logs.from_ccsim import BREAK

    found: list[Duty] = []
    ordered = rosters.sort_values(["agent", "start"], kind="stable")
    for agent, mine in ordered.groupby("agent"):
        work = mine[mine["activity"] == "work"]
        pauses = mine[mine["activity"] != "work"]
        gaps = list(zip(duties.micros(pauses["start"]), duties.micros(pauses["end"]), strict=True))
        shifts: list[list[int]] = []
        for start, end in zip(duties.micros(work["start"]), duties.micros(work["end"]), strict=True):
            if shifts and start <= shifts[-1][1] + BREAK:
                if start > shifts[-1][1]:
                    gaps.append((shifts[-1][1], start))
                shifts[-1][1] = max(shifts[-1][1], end)
            else:
                shifts.append([start, end])
        for start, end in shifts:
            away = sorted({(max(a, start), min(b, end)) for a, b in gaps if b > start and a < end})
            found.append(Duty(str(agent), start, end, tuple(_joined(away))))
    team = ordered[ordered["team"].notna()].groupby("agent")["team"].first()
    return found, {str(agent): str(name) for agent, name in team.items()}


def _joined(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in stretches:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _together(contacts: pd.DataFrame, logs: Logs) -> dict[str, int]:
    """Sessions that agents have at once, by queue: the most that some starts, and one in a thousand, reach."""
    sessions = logs.sessions
    if sessions is None and logs.messages is None and len(contacts):
        sessions = contacts[contacts["agent"].notna() & contacts["answer"].notna()].rename(columns={"answer": "start"})
    if sessions is None:
        return {}
    channels = contacts.groupby("queue")["channel"].first()
    found: dict[str, int] = {}
    for name, mine in sessions.groupby("queue"):
        kind = CHANNELS[str(channels[name])]
        if kind.one_to_one or (kind.persistent and logs.sessions is None):
            continue
        levels = []
        for _, own in mine.groupby("agent"):
            starts, ends = (np.sort(own[column].to_numpy("datetime64[us]")) for column in ("start", "end"))
            levels.append(np.searchsorted(starts, starts, "right") - np.searchsorted(ends, starts, "right"))
        reached = np.cumsum(np.bincount(np.concatenate(levels))[::-1])[::-1]
        enough = np.flatnonzero(reached >= max(distributions.FEW, 0.001 * reached[0]))
        found[str(name)] = max(int(enough.max(initial=1)), 1)
    return found


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
        of = "" if len(unserved) == len(queues) else f" of {_and(unserved)}"
        found.append(f"The log names no agents{of}: the scenario's staffing is made up to match the work, not seen.")
    if len(days) > LONGEST:
        found.append(
            f"The scenario repeats the last {LONGEST} of {len(days)} days; distributions and profile are of all."
        )
    return tuple(found)
