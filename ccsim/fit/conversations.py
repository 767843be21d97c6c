"""What conversations are made of, from who wrote when: turns, reply latencies, work on a reply, waits for it.

A turn is what the customer writes until an agent writes, and what agents then write until the customer does. A
conversation in which the agent had the last word is over, unless an outcome says otherwise; then its customer's answer
is known only to take longer (it is censored). Where no outcome tells and little of the log follows, it may be either.
A customer's last word after a reply, left unanswered for a day without an outcome, is a thanks: the conversation was
over with that reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.fit.distributions import Sample
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import Z
from ccsim.tables import F64, SECOND, Bool

if TYPE_CHECKING:
    import pandas as pd

OVER: Final = np.timedelta64(24, "h")
"""An agent's last word with so much of the log after it ended the conversation: services close one after a day."""

GOES_ON: Final = ("timed_out", "lost", "expired", "open", "silently_abandoned", "abandoned")
"""Outcomes of conversations that were not done."""


@dataclass(frozen=True)
class Conversations:
    """The conversations of a queue. Times in seconds."""

    number: int
    replies: F64
    """turns that were answered, by conversation : [n]"""
    over: Bool
    """whether it was done after them : [n]"""
    latency: Sample
    """from an agent's last word to the customer's next"""
    work: Sample
    """on a turn: from the beginning of writing to its end, where the log knows the beginning"""
    beside: F64
    """conversations and contacts of the agent at the time of each of `work`, itself included; NaN if not known"""
    first_wait: Sample
    """from a customer's first message to the first reply, or its beginning where the log knows that"""
    reply_patience: Sample
    """from a later message to the customer's leaving (lost), or until the reply cut it off"""
    timeouts: F64
    """from the last reply to the time-out of those that timed out"""
    thanks: int
    """conversations that are taken to be over though the customer had the last word"""


def conversations(
    messages: pd.DataFrame, contacts: pd.DataFrame | None, sessions: pd.DataFrame | None
) -> Conversations:
    """Those of one queue's messages.

    `contacts` (if there are any) tell by their id how each ended; `sessions`, with whom agents were busy when.
    """
    import pandas as pd

    ordered = messages.assign(place=np.arange(len(messages))).sort_values(["conversation", "sent", "place"])
    last_moment = ordered["sent"].max()
    before = ordered[["conversation", "sender"]].shift()
    changes = (ordered[["conversation", "sender"]] != before).fillna(True).any(axis=1).astype("bool")
    runs = ordered.groupby(changes.cumsum()).agg(
        conversation=("conversation", "first"),
        sender=("sender", "first"),
        first=("sent", "first"),
        last=("sent", "last"),
        begun=("begun", "first"),
        agent=("agent", "first"),
    )
    # what an agent writes before the customer has asked anything is no reply
    asked = (runs["sender"] == "customer").groupby(runs["conversation"]).cummax()
    runs = runs[asked].reset_index(drop=True)
    following = runs.shift(-1)
    together = (runs["conversation"] == following["conversation"]).fillna(False).to_numpy(np.bool_)
    customer = (runs["sender"] == "customer").to_numpy(np.bool_)
    opening = (runs["conversation"] != runs["conversation"].shift()).fillna(True).to_numpy(np.bool_)

    ends = _ends(contacts)
    outcome = runs["conversation"].map(ends["outcome"]) if ends is not None else pd.Series(pd.NA, runs.index)
    end = runs["conversation"].map(ends["end"]) if ends is not None else pd.Series(pd.NaT, runs.index)
    transferred = (outcome == "transferred").fillna(False).to_numpy(np.bool_)
    open_ = np.array(outcome.isin(GOES_ON), np.bool_)
    recent = outcome.isna().to_numpy(np.bool_) & (last_moment - runs["last"] < OVER).to_numpy(np.bool_)
    until = end.fillna(last_moment)

    answered = pd.Series(~customer).groupby(runs["conversation"]).cummax().to_numpy(np.bool_)
    thanked = customer & ~together & answered & outcome.isna().to_numpy(np.bool_) & ~recent
    replied = ~customer & together
    took = _seconds(following["first"] - runs["last"])
    held = _seconds(until - runs["last"])
    unsure = ~customer & ~together & ~open_ & recent
    open_[unsure] = _still_open(held[unsure], took[replied], int((~customer & ~together & ~open_ & ~recent).sum()))
    silent = ~customer & ~together & open_
    latency = Sample(
        np.maximum(np.concatenate([took[replied], held[silent]]), 0),
        np.repeat([True, False], [replied.sum(), silent.sum()]),
    )
    table = (
        pd.DataFrame(
            {
                "replies": (~customer),
                "over": (~customer & ~together & ~open_) | thanked,
                "transferred": transferred,
            }
        )
        .groupby(runs["conversation"])
        .agg({"replies": "sum", "over": "max", "transferred": "max"})
    )
    table = table[~table["transferred"]]
    work = _seconds(runs["last"] - runs["begun"])
    known = ~customer & ~np.isnan(work)
    return Conversations(
        number=int(runs["conversation"].nunique()),
        replies=table["replies"].to_numpy(np.float64),
        over=table["over"].to_numpy(np.bool_),
        latency=latency,
        work=Sample(np.maximum(work[known], 0), np.ones(int(known.sum()), np.bool_)),
        beside=_beside(runs[known], sessions),
        first_wait=_waits(runs, following, customer & opening, together, until),
        reply_patience=_reply_patience(runs, following, customer & ~opening & ~thanked, together, until, outcome),
        timeouts=held[silent & (outcome == "timed_out").fillna(False).to_numpy(np.bool_)],
        thanks=int(thanked.sum()),
    )


def _still_open(silent: F64, took: F64, over: int) -> Bool:
    """Which of the conversations that have been silent for so long go on: as many as are to be expected.

    After a reply a conversation goes on as often as is seen of those that are decided; one that has been silent for a
    time goes on less often, as few answers take longer.
    """
    if not len(took):
        return np.zeros(len(silent), np.bool_)
    goes_on = len(took) / (len(took) + over)
    longer = goes_on * (1 - np.searchsorted(np.sort(took), silent, "right") / len(took))
    expected = np.cumsum(longer / (1 - goes_on + longer)) if goes_on < 1 else np.arange(1.0, len(silent) + 1)
    return np.asarray(np.diff(np.floor(expected + 0.5), prepend=0.0) > 0)


def _ends(contacts: pd.DataFrame | None) -> pd.DataFrame | None:
    return None if contacts is None else contacts.set_index("contact")[["outcome", "end"]]


def _waits(runs: pd.DataFrame, following: pd.DataFrame, those: Bool, together: Bool, until: pd.Series[Any]) -> Sample:
    begun = following["begun"].fillna(following["first"])
    wait = np.where(together, _seconds(begun - runs["first"]), _seconds(until - runs["first"]))
    return Sample(np.maximum(wait[those], 0), together[those])


def _reply_patience(
    runs: pd.DataFrame,
    following: pd.DataFrame,
    those: Bool,
    together: Bool,
    until: pd.Series[Any],
    outcome: pd.Series[Any],
) -> Sample:
    lost = (outcome == "lost").fillna(False).to_numpy(np.bool_) & ~together
    return _waits(runs, following, those, together, until)._replace(ended=lost[those])


def _seconds(lengths: pd.Series[Any]) -> F64:
    return np.array(lengths.dt.total_seconds(), np.float64)


def _beside(runs: pd.DataFrame, sessions: pd.DataFrame | None) -> F64:
    """How many sessions the agent had when each of the runs was begun."""
    beside = np.full(len(runs), np.nan)
    if sessions is None or not len(runs):
        return beside
    agents = runs["agent"].to_numpy(object)
    begun = runs["begun"].to_numpy("datetime64[us]")
    for agent, mine in sessions.groupby("agent"):
        here = agents == agent
        starts, ends = (np.sort(mine[name].to_numpy("datetime64[us]")) for name in ("start", "end"))
        beside[here] = np.searchsorted(starts, begun[here], "right") - np.searchsorted(ends, begun[here], "right")
    return beside


def geometric(replies: F64, over: Bool) -> Estimate:
    """Mean number of turns if each is the last with the same chance, with its 95 % interval on the log scale.

    Every reply is a trial, and one that ended its conversation a success, so that conversations that go on count for
    what is known of them: mean = replies / ends; the variance of its log is (1 − 1 / mean) / ends. Raises ValueError if
    none ended.
    """
    ends = int(over.sum())
    if not ends:
        raise ValueError("no conversation was done")
    mean = max(float(replies.sum()) / ends, 1.0)
    error = Z * float(np.sqrt((1 - 1 / mean) / ends))
    return Estimate(mean, max(mean * float(np.exp(-error)), 1.0), mean * float(np.exp(error)))


@dataclass(frozen=True)
class Slowdown:
    """Factors on the work with 1, 2, … sessions at once: how much longer than alone, from how many works."""

    factors: tuple[Estimate, ...]
    works: tuple[int, ...]


def slowdown(work: F64, beside: F64, enough: int = 30) -> Slowdown | None:
    """How work slows down with more sessions at once: ratios of geometric means, with 95 % intervals.

    The levels go up to the last with `enough` works, as do all before it. None if that is not two.
    """
    logs = np.log(np.maximum(work, 1 / SECOND))
    groups: list[F64] = []
    while (level := logs[beside == len(groups) + 1]).size >= enough:
        groups.append(level)
    if len(groups) < 2:
        return None
    alone = groups[0]
    factors = [Estimate(1.0, 1.0, 1.0)]
    for level in groups[1:]:
        middle = float(level.mean() - alone.mean())
        error = Z * float(np.sqrt(level.var(ddof=1) / len(level) + alone.var(ddof=1) / len(alone)))
        factors.append(Estimate(*(float(np.exp(value)) for value in (middle, middle - error, middle + error))))
    return Slowdown(tuple(factors), tuple(len(level) for level in groups))


@dataclass(frozen=True)
class Shared:
    """Mean length of a session with 1, 2, … at once, if an agent works on all of them together, seconds."""

    means: tuple[Estimate, ...]
    ends: tuple[int, ...]


def shared(sessions: pd.DataFrame, enough: int = 30) -> Shared | None:
    """Handling by concurrency from sessions (agent, start, end) that overlap.

    With j at once each ends at the rate 1 / mean(j), so mean(j) is the time that sessions spent with j at once by the
    number that ended then; the interval is the chi-squared one of an exponential distribution. The levels go up to the
    last with `enough` ends. None if that is not two.
    """
    from scipy.stats import chi2

    spent: dict[int, float] = {}
    ended: dict[int, int] = {}
    for _, mine in sessions.groupby("agent"):
        starts, ends = (mine[name].to_numpy("datetime64[us]").astype(np.int64) for name in ("start", "end"))
        times = np.concatenate([ends, starts])
        change = np.repeat([-1, 1], len(mine))
        order = np.lexsort((change, times))
        level = np.cumsum(change[order])
        length = np.diff(times[order]) / SECOND
        for at, seconds in zip(level[:-1].tolist(), length.tolist(), strict=True):
            spent[at] = spent.get(at, 0.0) + at * seconds
        for at in (level[change[order] < 0] + 1).tolist():
            ended[at] = ended.get(at, 0) + 1
    means: list[Estimate] = []
    numbers: list[int] = []
    while (number := ended.get(len(means) + 1, 0)) >= enough:
        total = 2 * spent[len(means) + 1]
        low, high = (total / float(chi2.ppf(q, 2 * number)) for q in (0.975, 0.025))
        means.append(Estimate(total / 2 / number, low, high))
        numbers.append(number)
    return Shared(tuple(means), tuple(numbers)) if len(means) > 1 else None
