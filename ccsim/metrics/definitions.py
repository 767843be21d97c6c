"""The metrics, one function each: name, unit, what is better, formula and source; a new metric is a function here.

A function takes the `Facts` of one replication and returns `Sums`, which are added up over intervals, over queues or
teams, and over replications before they are divided, or, where nothing can be added, `Peaks` or `Whole` values of the
run, which are averaged over replications.

Counted are contacts that arrive in [warm_up, end), the initial backlog at time 0. Blocked contacts were offered,
entered (for `abandonment` and the waits, with a wait of 0) and were never answered. Who comes from the bot waits from
then on; who is called back waits until the agent dials, and is abandoned if nobody picks up. What the company begins
(outbound, recontact) is offered, has an outcome and is handled, but never entered, answered, waited or was resolved in
the sense of the rates and means below, and is nobody's first contact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ccsim.metrics.facts import Facts, rows_by, thresholds
from ccsim.tables import F64, NEVER, SECOND, Bool, Link, Outcome, Plan, Terms

Level = Literal["queue", "team"]
Better = Literal["higher", "lower", "none"]
Applies = Callable[[Plan, Terms], Bool]

PERCENTS: Final = (50, 80, 90, 95)


class Sums(NamedTuple):
    """Numerators, (interval, queue or team), and denominators: the same, (interval, 1) for all alike, None for counts.

    Without the interval axis where the run cannot be told apart by interval.
    """

    numerator: NDArray[Any]
    denominator: NDArray[Any] | None = None


class Peaks(NamedTuple):
    """Highest values, (interval, queues or teams and the total last)."""

    values: F64


class Whole(NamedTuple):
    """Values of the run, (queues or teams and the total last), NaN without data."""

    values: F64


@dataclass(frozen=True)
class Metric:
    """A metric: `applies(plan, terms)` says to which queues or teams, (queue or team,), None: to all.

    `in_total` says whether it has a total.
    """

    name: str
    level: Level
    unit: str
    better: Better
    formula: str
    source: str
    in_total: bool
    hide_if_zero: bool
    """a count that is left out of a scenario where it is always 0"""
    applies: Applies | None
    measure: Callable[[Facts], Sums | Peaks | Whole]


Function = TypeVar("Function", bound=Callable[[Facts], Sums | Peaks | Whole])

METRICS: Final[dict[tuple[Level, str], Metric]] = {}
"""Every metric by (level, name), in the order in which they are reported."""


def metric(
    level: Level,
    unit: str,
    better: Better,
    formula: str,
    source: str = "model, section 9",
    *,
    name: str = "",
    in_total: bool = True,
    hide_if_zero: bool = False,
    applies: Applies | None = None,
) -> Callable[[Function], Function]:
    """Register the function below as a metric, by its own name unless `name` is given."""

    def register(function: Function) -> Function:
        known_as = name or function.__name__
        METRICS[level, known_as] = Metric(
            known_as, level, unit, better, formula, source, in_total, hide_if_zero, applies, function
        )
        return function

    return register


# ── to which queues a metric applies ─────────────────────────────────────────────────────────────────────────────────


def _given(*names: str) -> Applies:
    """Queues for which the terms give all these numbers."""
    return lambda plan, terms: np.all([np.isfinite(getattr(terms, name)) for name in names], axis=0)


def _many_turns(plan: Plan, terms: Terms) -> Bool:
    return ~plan.one_to_one


def _rereads(plan: Plan, terms: Terms) -> Bool:
    return plan.reread_after < NEVER


# ── counts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@metric("queue", "contacts", "none", "contacts that arrived: the sum of the outcomes")
def offered(f: Facts) -> Sums:
    return Sums(f.outcomes.sum(axis=2))


@metric("queue", "contacts", "none", "work on the first turn began while the customer was there")
def answered(f: Facts) -> Sums:
    return Sums(f.answered_count)


def _count_outcome(outcome: Outcome) -> None:
    @metric("queue", "contacts", "none", f"contacts that ended {outcome.name.lower()}", name=outcome.name.lower())
    def ended(f: Facts) -> Sums:
        return Sums(f.outcomes[:, :, outcome])


for _outcome in Outcome:
    if _outcome is not Outcome.NONE:
        _count_outcome(_outcome)


@metric("queue", "customers", "lower", "would-be customers never offered, for a barrier in the way")
def turned_away(f: Facts) -> Sums:
    return Sums(f.workload.turned_away)


@metric("queue", "contacts", "none", "outbound contacts of which the first message was sent", hide_if_zero=True)
def outbound_sent(f: Facts) -> Sums:
    return Sums(f.turns.count(f.task & (f.reply < NEVER)))


@metric("queue", "contacts", "higher", "outbound contacts whose customer answered", hide_if_zero=True)
def outbound_answered(f: Facts) -> Sums:
    return Sums(f.contacts.count(f.workload.outbound & (f.log.messages > 1)))


@metric("queue", "contacts", "none", "callers who accepted a call back", hide_if_zero=True)
def called_back(f: Facts) -> Sums:
    return Sums(f.contacts.count(f.log.called_back))


# ── the first wait ───────────────────────────────────────────────────────────────────────────────────────────────────


@metric("queue", "share", "lower", "(abandoned + silently_abandoned) / entered")
def abandonment(f: Facts) -> Sums:
    return Sums(f.outcomes[:, :, Outcome.ABANDONED] + f.outcomes[:, :, Outcome.SILENTLY_ABANDONED], f.entered_count)


@metric("queue", "share", "lower", "abandoned / entered: what an ACD reports, the silent left out")
def abandonment_seen(f: Facts) -> Sums:
    return Sums(f.outcomes[:, :, Outcome.ABANDONED], f.entered_count)


@metric(
    "queue", "share", "higher", "by sl_formula, from answered and not answered within the time of service_level",
    applies=_given("sl_time"),
)  # fmt: skip
def service_level(f: Facts) -> Sums:
    return Sums(*f.service_level)


@metric(
    "queue", "share", "higher", "intervals whose service level reaches the target / intervals with contacts",
    applies=_given("sl_time", "sl_share"),
)  # fmt: skip
def intervals_met(f: Facts) -> Sums:
    in_time, contacts = f.service_level
    has_contacts = contacts > 0
    # a share of a whole number of contacts, such as 0.07 × 100, may come out a rounding error above it
    met = has_contacts & (in_time >= np.nan_to_num(f.terms.sl_share) * contacts - 1e-9)
    return Sums(met.astype(np.float64), has_contacts.astype(np.float64))


@metric("queue", "s", "lower", "sum of the waits of the answered / answered")
def asa(f: Facts) -> Sums:
    return Sums(f.contacts.total(f.wait, f.answered) / SECOND, f.answered_count)


@metric("queue", "s", "lower", "sum of waits to the start of work, leaving or the end of the drain / entered")
def wait_mean(f: Facts) -> Sums:
    return Sums(f.contacts.total(f.wait, f.entered) / SECOND, f.entered_count)


def _quantile(percent: int) -> None:
    @metric(
        "queue", "s", "lower", f"smallest wait that at least {percent} % of the entered did not exceed",
        "model, section 9; Hyndman & Fan (1996), definition 1", name=f"wait_p{percent}",
    )  # fmt: skip
    def wait_quantile(f: Facts) -> Whole:
        return Whole(f.wait_quantiles[PERCENTS.index(percent)])


for _percent in PERCENTS:
    _quantile(_percent)


@metric("queue", "s", "lower", "longest wait of the entered")
def wait_max(f: Facts) -> Whole:
    return Whole(f.wait_quantiles[-1])


# ── the conversation ─────────────────────────────────────────────────────────────────────────────────────────────────


@metric(
    "queue", "s", "lower", "sum of waits, from the second turn on, to the start of work or leaving / such turns",
    applies=_many_turns,
)  # fmt: skip
def reply_wait_mean(f: Facts) -> Sums:
    later, wait = f.reply_wait
    return Sums(f.turns.total(wait, later) / SECOND, f.turns.count(later))


@metric(
    "queue", "s", "lower", "smallest reply wait that at least 90 % did not exceed",
    "model, section 9; Hyndman & Fan (1996), definition 1", applies=_many_turns,
)  # fmt: skip
def reply_wait_p90(f: Facts) -> Whole:
    later, wait = f.reply_wait
    return Whole(f.quantiles(f.turn_cell[later], f.turn_queue[later], wait[later], (90,))[0])


@metric(
    "queue", "share", "higher", "turns from the second on answered within reply_target / such turns worked or left",
    applies=lambda plan, terms: _many_turns(plan, terms) & np.isfinite(terms.reply_time),
)  # fmt: skip
def reply_level(f: Facts) -> Sums:
    later, wait = f.reply_wait
    wait = f.elapsed(f.turn_queue, f.message, f.message + wait)
    in_time = ~f.left_waiting & (wait <= f.of(thresholds(f.terms.reply_time), f.turn_queue))
    return Sums(f.turns.count(later & in_time), f.turns.count(later))


@metric("queue", "s", "lower", "sum of times from message to end of reply, the customer still there / such replies")
def response_mean(f: Facts) -> Sums:
    replied = (f.reply < NEVER) & ~f.left_waiting & ~f.task
    return Sums(f.turns.total(f.reply - f.message, replied) / SECOND, f.turns.count(replied))


@metric("queue", "s", "lower", "capacity held, all sessions of a contact together / contacts that had a session")
def session_mean(f: Facts) -> Sums:
    log = f.log
    time = f.stretches.total(log.stretch_end - log.stretch_start, log.stretch_agent >= 0)
    return Sums(time / SECOND, f.contacts.count(f.had_session))


@metric("queue", "s", "lower", "focused work incl. re-reading and wrap-up / answered or begun outbound")
def handle_mean(f: Facts) -> Sums:
    """Of shared attention, each session has an even part of the time at each moment, so that the sum is the agents'."""
    return Sums(f.handle_time / SECOND, f.begun_count)


@metric("queue", "share", "lower", "re-reading / focused work, of the answered and begun outbound", applies=_rereads)
def reread_share(f: Facts) -> Sums:
    return Sums(f.turns.total(f.reread, f.handled), f.handle_time)


@metric("queue", "s", "lower", "sum of times from arrival to the end of the last reply / resolved")
def resolution_mean(f: Facts) -> Sums:
    return Sums(f.contacts.total(f.log.left - f.log.arrival, f.resolved) / SECOND, f.contacts.count(f.resolved))


@metric(
    "queue", "share", "higher", "resolved within resolution_target / entered",
    applies=_given("resolution_time"),
)  # fmt: skip
def resolution_level(f: Facts) -> Sums:
    queue = f.workload.queue
    time = f.elapsed(queue, f.log.arrival, f.log.left)
    in_time = time <= f.of(thresholds(f.terms.resolution_time), queue)
    return Sums(f.contacts.count(f.resolved & in_time), f.entered_count)


@metric("queue", "turns", "none", "turns worked on / answered or begun outbound")
def turns_mean(f: Facts) -> Sums:
    return Sums(f.turns.count(f.handled), f.begun_count)


@metric("queue", "agents", "lower", "different agents who worked on a contact, summed / answered or begun outbound")
def agents_per_contact(f: Facts) -> Sums:
    return Sums(f.contacts.total(f.agents, f.begun), f.begun_count)


@metric("queue", "share", "none", "transferred / answered or begun outbound")
def transfer_rate(f: Facts) -> Sums:
    return Sums(f.outcomes[:, :, Outcome.TRANSFERRED], f.begun_count)


@metric("queue", "share", "lower", "resolved whose customer came back about it / resolved")
def reopen_rate(f: Facts) -> Sums:
    return Sums(f.contacts.count(f.reopened), f.outcomes[:, :, Outcome.RESOLVED])


# ── customers: the first contact of a chain stands for it ────────────────────────────────────────────────────────────


@metric("queue", "share", "higher", "resolved in the first contact, neither transferred nor reopened / answered roots")
def fcr(f: Facts) -> Sums:
    once = f.is_root & f.ended(Outcome.RESOLVED) & ~f.reopened
    return Sums(f.contacts.count(once), f.contacts.count(f.is_root & f.answered))


@metric("queue", "contacts", "lower", "retries, returns, reopenings and recontacts / roots")
def repeat_contacts(f: Facts) -> Sums:
    again = (f.workload.link >= Link.RETRY) & f.of_customers
    return Sums(f.chains.count(again), f.root_count)


@metric(
    "queue", "effort", "lower", "channel effort of all contacts of a chain, summed / roots", applies=_given("effort")
)
def effort(f: Facts) -> Sums:
    return Sums(f.chains.total(f.of(f.terms.effort, f.workload.queue), f.of_customers), f.root_count)


@metric(
    "queue", "money", "lower", "value of roots of which no contact was resolved, nor served by the bot or self-service",
    applies=_given("value"),
)  # fmt: skip
def value_lost(f: Facts) -> Sums:
    served = f.ended(Outcome.RESOLVED, Outcome.CONTAINED, Outcome.DEFLECTED)
    served[f.workload.root[served & (f.workload.link != Link.ROOT)]] = True
    return Sums(f.contacts.count(f.is_root & ~served) * np.nan_to_num(f.terms.value))


# ── over time ────────────────────────────────────────────────────────────────────────────────────────────────────────


@metric("queue", "contacts", "lower", "time integral of contacts waiting unassigned, outbound ones too / time")
def queue_mean(f: Facts) -> Sums:
    return Sums(f.unassigned_area, f.window)


@metric("queue", "contacts", "lower", "most contacts waiting unassigned at once")
def queue_max(f: Facts) -> Peaks:
    return Peaks(f.unassigned_peaks)


@metric("queue", "contacts", "lower", "time integral of contacts from arrival to end, parked ones included / time")
def open_mean(f: Facts) -> Sums:
    return Sums(f.open_area, f.window)


@metric("queue", "messages", "lower", "most customers' messages at once, waiting or held, not yet in work")
def backlog_max(f: Facts) -> Peaks:
    return Peaks(f.backlog_peaks)


@metric("queue", "s", "lower", "greatest age of a customer's message not yet in work")
def oldest_age_max(f: Facts) -> Whole:
    queue, message, until = f.pending
    age = np.minimum(until, f.plan.end)
    age -= message
    age[until <= f.plan.warm_up] = 0
    oldest = [age[mine].max(initial=0) for mine in rows_by(queue, f.queues)]
    return Whole(np.array([*oldest, max(oldest)]) / SECOND)


@metric("queue", "h", "none", "focused work, booked to the interval in which it was done")
def work_hours(f: Facts) -> Sums:
    return Sums(f.focused.sum(axis=1) / 3600)


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@metric("queue", "money", "lower", "cost of teams by focused work, their idle time pro rata, and fees of the entered")
def cost(f: Facts) -> Sums:
    """Outbound conversations pay their fee when begun; shared attention is split evenly at each moment."""
    return Sums(f.cost)


@metric("queue", "money", "lower", "cost / resolved")
def cost_per_resolved(f: Facts) -> Sums:
    return Sums(f.cost, f.outcomes[:, :, Outcome.RESOLVED].sum(axis=0))


# ── teams: booked to the interval in which it happened ───────────────────────────────────────────────────────────────


@metric("team", "h", "none", "shift − breaks − activities + overtime")
def staffed_hours(f: Facts) -> Sums:
    return Sums(f.staffed / 3600)


@metric("team", "h", "lower", "shifts, with pauses and absences unless unpaid, + overtime")
def paid_hours(f: Facts) -> Sums:
    return Sums(f.paid / 3600)


@metric("team", "h", "lower", "presence after the shift's end")
def overtime_hours(f: Facts) -> Sums:
    return Sums(f.overtime / 3600)


@metric("team", "h", "none", "focused work", name="work_hours", in_total=False)
def team_work_hours(f: Facts) -> Sums:
    return Sums(f.focused.sum(axis=2) / 3600)


@metric("team", "share", "none", "time with a session / staffed time")
def occupancy(f: Facts) -> Sums:
    return Sums(f.concurrent[0], f.staffed)


@metric("team", "share", "none", "focused work / staffed time")
def utilisation(f: Facts) -> Sums:
    """Shared attention counts once, however many sessions share it."""
    return Sums(f.focused.sum(axis=2), f.staffed)


@metric("team", "share", "none", "capacity held / capacity of the staffed")
def slot_occupancy(f: Facts) -> Sums:
    """May exceed 1: by `over_capacity`, and when a call interrupts."""
    return Sums((f.session_time * f.plan.units).sum(axis=2), f.staffed * f.plan.capacity)


@metric("team", "sessions", "none", "session time / time with a session")
def concurrency_mean(f: Facts) -> Sums:
    return Sums(f.session_time.sum(axis=2), f.concurrent[0])


@metric("team", "sessions", "none", "most sessions that one agent held at once")
def concurrency_max(f: Facts) -> Whole:
    return Whole(np.append(f.most_sessions, f.most_sessions.max(initial=0)).astype(np.float64))


@metric("team", "share", "none", "staffed time without a session / staffed time")
def concurrency_share_0(f: Facts) -> Sums:
    return Sums(f.staffed - f.concurrent[0], f.staffed)


@metric("team", "share", "none", "staffed time with one session / staffed time")
def concurrency_share_1(f: Facts) -> Sums:
    return Sums(f.concurrent[0] - f.concurrent[1], f.staffed)


@metric("team", "share", "none", "staffed time with two sessions / staffed time")
def concurrency_share_2(f: Facts) -> Sums:
    return Sums(f.concurrent[1] - f.concurrent[2], f.staffed)


@metric("team", "share", "none", "staffed time with three or more sessions / staffed time")
def concurrency_share_3plus(f: Facts) -> Sums:
    return Sums(f.concurrent[2], f.staffed)


@metric("team", "interruptions", "lower", "work in hand suspended for a call")
def interruptions(f: Facts) -> Sums:
    return Sums(f.interruptions)


@metric("team", "money", "lower", "paid hours × cost_per_hour, overtime × overtime_factor", name="cost", in_total=False)
def team_cost(f: Facts) -> Sums:
    return Sums(f.team_cost)
