"""What a log says about one queue: its arrivals, turns, work, latencies, patience, and who comes again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from ccsim.distributions.durations import Empirical
from ccsim.fit import conversations as talks
from ccsim.fit import distributions
from ccsim.fit.arrivals import Profile, counts_of, judge, profile, shown
from ccsim.fit.contacts import GAVE_UP, NEVER_CAME, customers_known, follow_ups, share
from ccsim.fit.conversations import Shared, Slowdown
from ccsim.fit.distributions import Sample
from ccsim.fit.hours import answering_hours, interval_hours
from ccsim.fit.made_up import HOUR, Staffing, by_waits, contacts_by_hour
from ccsim.fit.quantities import THIN, DistributionFit, Estimates, complete
from ccsim.logs import duty as duties
from ccsim.logs.records import Logs
from ccsim.results import format
from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.values import duration
from ccsim.stats.estimate import Estimate
from ccsim.tables import F64, SECOND, Bool

if TYPE_CHECKING:
    import pandas as pd


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
    """by key of the scenario: work, wrap_up, patience, answer_delay, reply_latency, reply_patience, retry.after,
    reopens.after"""
    figures: dict[str, Estimate] = field(default_factory=dict)
    """by key of the scenario: turns, silent_abandonment, retry.share, reopens.share, returns, transfer.QUEUE, …"""
    seen: dict[str, DistributionFit] = field(default_factory=dict)
    """what a simulation brings forth, as it was in the log: the first wait of the answered"""
    shared: Shared | None = None
    staff_only: bool = False
    patient: bool = False
    """nobody gave up, as far as the log says; else, without a distribution, patience is the channel's default"""
    warnings: tuple[str, ...] = ()
    ringing: float = 0.0
    """seconds that it rings before an agent answers; of no account where `answer_delay` is a distribution"""
    staffing: Staffing | None = None
    """with which Erlang A gives the log's mean wait and who gave up, where agents are not named and have one contact at
    a time"""
    turns_round: float = 0.0
    """mean of a `wrap_up` that the log has not, but for when agents took the next who waited; seconds"""

    @property
    def handle_time(self) -> float:
        """Mean work on a contact, seconds; of the channel where the log does not say."""
        defaults = CHANNELS[self.channel].defaults

        def mean(key: str) -> float:
            if key in self.distributions:
                return self.distributions[key].distribution.mean
            value = defaults[key].value if key in defaults else 0
            if isinstance(value, dict):
                value = value["mean"]
            return float(duration(value)) / SECOND

        turns = self.figures["turns"].mean if "turns" in self.figures else 1.0
        work = self.figures["work.mean"].mean if "work.mean" in self.figures else mean("work")
        return turns * work + (0.0 if "work.mean" in self.figures else mean("wrap_up"))

    @property
    def slow(self) -> bool:
        """Whether agents who are free are slow to answer."""
        return "answer_delay" in self.distributions


def queue_fit(
    name: str,
    contacts: pd.DataFrame,
    first: Bool,
    follow: pd.DataFrame,
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
        counts = counts_of(came, np.ones(len(came)), days, interval)
    else:
        assert intervals is not None
        channel = str(intervals["channel"].mode().iloc[0])
        counts = counts_of(intervals["start"], intervals["offered"].to_numpy(np.float64), days, interval)
    messages = None if logs.messages is None else logs.messages[logs.messages["queue"] == name]
    estimates, seen, kind = Estimates(), Estimates(), CHANNELS[channel]
    shared = _handled(estimates, channel, mine, messages, intervals, logs, slowed)
    hours = answering_hours(mine, messages, kind.defaults["outside_hours"].value == "hold")
    if not len(mine) and intervals is not None and interval < 86400:
        hours = interval_hours(intervals[intervals["offered"] > 0]["start"], interval)
    only_came = len(mine) > 0 and bool((mine["outcome"] == "unknown").all())
    if only_came:
        estimates.warnings.append(
            f"The log says when contacts came and nothing more: volume and hours are its own, work, patience and all "
            f"else are the defaults of {channel}."
        )
    elif len(mine) and not staff:
        patience(estimates, mine, kind.persistent, hours)
        wait = complete(mine["answer"] - mine["arrival"])
        # where many need not wait, or nobody was answered, no family is meant
        seen.distribution(
            "first_wait",
            wait,
            distributions.WORK if (wait.times == 0).sum() < distributions.MISFIT * len(wait.times) else (),
        )
    follow_ups(estimates, name, mine, follow, customers_known(contacts))
    # an hour that comes twice is on other days one hour
    times = np.array([shown(day, interval, logs.timezone) for day in days])
    shape = profile(counts / np.maximum(times, 1), days)
    judge(estimates, shape)
    if len(mine) or intervals is None:
        answered, gave_up = int(mine["answer"].notna().sum()), int(mine["outcome"].isin(GAVE_UP).sum())
    else:
        answered = int(intervals["handled"].sum())
        gave_up = int((intervals["offered"] - intervals["handled"]).clip(lower=0).sum())
    fitted = QueueFit(
        name,
        channel,
        len(mine) or int(counts.sum()),
        answered,
        gave_up,
        shape,
        hours,
        estimates.distributions,
        estimates.figures,
        seen.distributions,
        shared,
        staff,
        staff or (len(mine) > 0 and not only_came and not mine["outcome"].isin(GAVE_UP).any()),
        tuple(estimates.warnings),
        _ringing(mine) if kind.one_to_one and not staff else 0.0,
    )
    if kind.one_to_one and not staff and mine["agent"].isna().all():
        fitted = replace(fitted, staffing=_staffing(fitted, _mean_wait(mine, intervals), interval))
    return fitted if len(mine) or intervals is None else _patience_of_means(fitted, intervals)


def _mean_wait(mine: pd.DataFrame, intervals: pd.DataFrame | None) -> float:
    """Of the answered, seconds; NaN where the log does not say."""
    if len(mine) or intervals is None:
        return float((mine["answer"] - mine["arrival"]).dt.total_seconds().mean())
    waited, answered = waits_of_answered(intervals)
    return waited / answered if answered else math.nan


def waits_of_answered(intervals: pd.DataFrame) -> tuple[float, float]:
    """Seconds that the answered waited in all, and how many they are, of the intervals that say both."""
    timed = intervals[intervals["asa"].notna() & intervals["handled"].notna()]
    return float((timed["asa"] * timed["handled"]).sum()), float(timed["handled"].sum())


def _staffing(queue: QueueFit, wait: float, interval: int) -> Staffing | None:
    ringing = queue.distributions["answer_delay"].distribution.mean if queue.slow else queue.ringing
    loads = contacts_by_hour(queue.profile, interval) * queue.handle_time / HOUR
    cv = queue.profile.busyness_cv.mean if queue.profile.busyness_cv else 0.0
    gave_up = queue.gave_up / max(queue.answered + queue.gave_up, 1)
    return by_waits(loads, queue.handle_time, wait - ringing, gave_up, cv)


def _ringing(mine: pd.DataFrame) -> float:
    waited = (mine["answer"] - mine["arrival"]).dropna().to_numpy("timedelta64[us]").astype(np.int64)
    return duties.ringing(waited) / SECOND


def _handled(
    estimates: Estimates,
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
        estimates.distribution("wrap_up", complete(wrapped["wrapped"] - wrapped["end"]), distributions.WORK)
    answered = mine[mine["answer"].notna()]
    these = None
    if messages is not None and len(messages) and not kind.one_to_one:
        of_queue = None if logs.contacts is None or not logs.contacts["queue"].isin(mine["queue"]).any() else mine
        these = talks.conversations(messages, of_queue, logs.sessions)
    # what has one turn is known by its contact, whose sessions may have been worked on together
    one_turn = these is not None and not kind.persistent and these.replies.max(initial=0) <= 1
    if these is not None and not one_turn:
        _conversations(estimates, these, slowed)
    elif len(answered) and kind.persistent:
        estimates.warnings.append(f"Without a log of messages turns, work and latencies are the defaults of {channel}.")
    elif len(answered):
        done = answered[answered["outcome"].isin(["answered", "resolved", "transferred"])]
        if not kind.one_to_one:
            shared = talks.shared(done[done["agent"].notna()].rename(columns={"answer": "start"}))
            estimates.figures["turns"] = Estimate(1.0, 1.0, 1.0)
        estimates.distribution("work", complete(done["end"] - done["answer"]), distributions.WORK)
        _drift(estimates, done)
    elif intervals is not None:
        handled = intervals["handled"].fillna(intervals["offered"]).where(intervals["handle_time"].notna(), 0)
        if handled.sum() > 0:
            mean = float((handled * intervals["handle_time"].fillna(0)).sum() / handled.sum())
            estimates.figures["work.mean"] = Estimate(mean, math.nan, math.nan)
            if not kind.one_to_one:  # the handle time is of a whole contact
                estimates.figures["turns"] = Estimate(1.0, 1.0, 1.0)
            estimates.warnings.append(
                "The log has means of the handle time only: how it varies is the channel's default."
            )
    return shared


def _patience_of_means(queue: QueueFit, intervals: pd.DataFrame) -> QueueFit:
    """With patience from intervals: exponential, of which the mean wait of all by the share that gave up is the mean.

    That holds whatever the waits are (Mandelbaum and Zeltyn 2007). Where the log has only the wait of the answered,
    patience is that with which Erlang A gives it and the share; of chats it stands for that of all, which is longer.
    """
    known = intervals[intervals["handled"].notna()]
    offered, handled = float(known["offered"].sum()), float(known["handled"].sum())
    lost = offered - handled
    waited, answered = waits_of_answered(known)
    if lost < 1 or answered <= 0 or waited <= 0:
        left = ""
        if lost >= 1:
            left = f"{format.percent(lost / offered)} gave up, but the log does not say how long people wait: "
        warning = f"{left}{'p' if left else 'P'}atience is the channel's default."
        return replace(queue, warnings=(*queue.warnings, warning))
    gave_up, wait = share(int(lost), int(offered)), waited / answered
    mean, why = wait / gave_up.mean, f"the mean wait of the answered, {wait:.0f} s, by"
    doubt = " Who gave up mostly waited longer than the answered: then patience is longer, too."
    if known["wait_of_lost"].notna().any():
        number = (known["offered"] - known["handled"]).where(known["wait_of_lost"].notna(), 0)
        of_lost = float((known["wait_of_lost"].fillna(0) * number).sum() / max(float(number.sum()), 1))
        of_all = (wait * handled + of_lost * lost) / offered
        mean, why, doubt = of_all / gave_up.mean, f"the mean wait of all, {of_all:.0f} s, by", ""
    elif queue.staffing is not None:
        mean, doubt = queue.staffing.patience, ""
        why = f"with it Erlang A gives the mean wait of the answered, {wait:.0f} s, and"
    by_share = (gave_up.mean / part if part > 0 else math.inf for part in (gave_up.mean, gave_up.high, gave_up.low))
    patience_ = Estimate(*(mean * part for part in by_share))
    warning = (
        f"Patience is taken as exponential with a mean of {patience_.mean:.0f} s ({patience_.low:.0f} to "
        f"{patience_.high:.0f} s): {why} the {format.percent(gave_up.mean)} who gave up.{doubt}"
    )
    figures = queue.figures | {"patience.mean": patience_}
    return replace(queue, figures=figures, warnings=(*queue.warnings, warning))


def _conversations(estimates: Estimates, these: talks.Conversations, slowed: Slowdown | None) -> None:
    if these.thanks:
        estimates.warnings.append(
            f"The customer had the last word in {format.several(these.thanks, 'conversation')} of {these.number:,}, "
            "unanswered for a day: taken as thanks, the conversation as over."
        )
    if these.over.any():
        estimates.figures["turns"] = talks.geometric(these.replies, these.over)
        _turns(estimates, these)
    estimates.distribution("reply_latency", these.latency, distributions.WORK)
    estimates.distribution("reply_patience", these.reply_patience, distributions.PATIENCE)
    work = these.work.times
    if slowed is not None and len(work):
        factors = np.array([factor.mean for factor in slowed.factors])
        level = np.clip(np.nan_to_num(these.beside, nan=1.0), 1, len(factors)).astype(np.int64)
        work = work / factors[level - 1]
    estimates.distribution("work", Sample(work, these.work.ended), distributions.WORK)
    if len(these.timeouts) >= distributions.FEW:
        estimates.figures["idle_timeout"] = _quartiles(these.timeouts)
    if not len(these.work.times):
        estimates.warnings.append(
            "The log does not say how long agents work on a reply: that is the channel's default."
        )


def _quartiles(times: F64) -> Estimate:
    low, middle, high = np.quantile(times, [0.25, 0.5, 0.75]).tolist()
    return Estimate(middle, low, high)


def _turns(estimates: Estimates, these: talks.Conversations) -> None:
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
        estimates.distributions["turns"] = DistributionFit(
            Sample(done, np.ones(len(done), np.bool_)), (), Empirical(tuple(np.sort(done).tolist())), "empirical"
        )
        estimates.warnings.append(
            f"Turns are not geometric ({100 * off:.1f} points off): the data's own numbers are used."
        )


def _drift(estimates: Estimates, done: pd.DataFrame) -> None:
    """Whether work depends on the time of day, which the model's does not."""
    from scipy.stats import f_oneway

    if "work" not in estimates.distributions or len(done) < 10 * THIN:
        return
    took = np.log(np.maximum((done["end"] - done["answer"]).dt.total_seconds().to_numpy(np.float64), 0.5))
    hour = done["answer"].dt.hour.to_numpy()
    groups = [took[hour == at] for at in np.unique(hour)]
    groups = [group for group in groups if len(group) >= THIN]
    if len(groups) < 2:
        return
    spread = math.exp(max(group.mean() for group in groups) - min(group.mean() for group in groups))
    if spread > 1.25 and f_oneway(*groups).pvalue < 0.001:
        estimates.warnings.append(
            f"Work depends on the hour: its geometric mean varies by a factor of {spread:.2f}; the model's does not."
        )


def patience(estimates: Estimates, mine: pd.DataFrame, persistent: bool, hours: dict[int, tuple[int, int]]) -> None:
    """Patience of answered and abandoned together; of those who came while the queue was open."""
    used = mine[~mine["outcome"].isin(["rejected", "blocked"])]
    if persistent and hours:  # whoever is held waits with a patience that stands still
        second = (used["arrival"] - used["arrival"].dt.normalize()).dt.total_seconds()
        opens = used["arrival"].dt.day_of_week.map({day: span[0] for day, span in hours.items()})
        closes = used["arrival"].dt.day_of_week.map({day: span[1] for day, span in hours.items()})
        used = used[(second >= opens) & (second < closes)]
    gave_up = used["outcome"].isin(GAVE_UP).to_numpy(np.bool_)
    until = used["answer"].where(used["answer"].notna() & ~gave_up, used["end"])
    waited = np.maximum((until - used["arrival"]).dt.total_seconds().to_numpy(np.float64), 0)
    unknown = np.isnan(waited)
    if gave_up[unknown].any():
        _without_times(estimates, waited, gave_up)
        return
    waited, gave_up = waited[~unknown], gave_up[~unknown]
    if not gave_up.any():
        if len(mine):
            estimates.warnings.append("Nobody gave up waiting in this log: patience is endless.")
        return
    estimates.distribution("patience", Sample(waited, gave_up), distributions.PATIENCE)
    silent = int((used["outcome"] == "silently_abandoned").sum())
    if silent:
        estimates.figures["silent_abandonment"] = share(silent, int(gave_up.sum()))


def _without_times(estimates: Estimates, waited: F64, gave_up: Bool) -> None:
    """Patience where the log does not say when some gave up; their waits are NaN.

    If it says so of others, they stand for all. Else patience is exponential, with the mean at which so many leave,
    given the waits of the answered: 1 / the share answered is the mean of exp(wait / mean) over them (weighting by the
    inverse probability of being answered). The ends of the interval are those of the share's.
    """
    without = np.isnan(waited) & gave_up
    lost, number = int(without.sum()), len(waited)
    known = np.sort(waited[gave_up & ~without])
    start = f"{format.several(lost, 'contact')} of {number:,} gave up at times that the log does not have: "
    if len(known):
        alike = np.quantile(known, (np.arange(lost) + 0.5) / lost)
        sample = Sample(
            np.concatenate([waited[~without], alike]), np.concatenate([gave_up[~without], np.ones(lost)]) > 0
        )
        estimates.distribution("patience", sample, distributions.PATIENCE)
        estimates.warnings.append(f"{start}taken as those of the {len(known):,} whose times are known.")
        return
    waits = waited[~gave_up & ~np.isnan(waited)]
    left = share(lost, number)
    if waits.max(initial=0) <= 0 or left.high >= 1:
        estimates.warnings.append(
            f"{start}nor do the waits of the answered bound them; patience is the channel's default."
        )
        return
    estimates.figures["patience.mean"] = Estimate(
        *(_mean_patience(waits, part) for part in (left.mean, left.high, left.low))
    )
    mean = estimates.figures["patience.mean"]
    estimates.warnings.append(
        f"{start}patience is taken as exponential, of which the waits of the answered give the mean, {mean.mean:.0f} s "
        f"({mean.low:.0f} to {mean.high:.0f} s)."
    )


def _mean_patience(waits: F64, left: float) -> float:
    from scipy.optimize import brentq

    longest = float(waits.max())

    def beyond(rate: float) -> float:
        return float(np.log(np.mean(np.exp(rate * (waits - longest)))) + rate * longest + np.log1p(-left))

    high = 1 / longest
    while beyond(high) < 0:
        high *= 2
    return 1 / float(brentq(beyond, 0.0, high))
