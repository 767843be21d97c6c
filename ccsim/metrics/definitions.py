"""The metrics, one function each, with their descriptions; a new metric is a function here.

A function takes the `Facts` of one replication and returns `Sums`, which are added up over intervals, over queues or
teams, and over replications before they are divided, or, where nothing can be added, `Peaks` or `Whole` values of the
run, which are averaged over replications.

What is counted, and the terms of the formulas, are defined in docs/model.md, section 7.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ccsim.metrics import sums
from ccsim.metrics.facts import PERCENTS, Facts
from ccsim.metrics.registry import Applies, Peaks, Sums, Whole, metric
from ccsim.tables import NEVER, SECOND, Bool, MetricSpec, Outcome, Plan

QUANTILES: Final = "Hyndman & Fan (1996), Sample quantiles in statistical packages, definition 1"

# ── to which queues a metric applies ─────────────────────────────────────────────────────────────────────────────────


def _given(*names: str) -> Applies:
    """Queues for which the terms give all these numbers."""
    return lambda plan, spec: np.all([np.isfinite(getattr(spec, name)) for name in names], axis=0)


def _many_turns(plan: Plan, spec: MetricSpec) -> Bool:
    return ~plan.one_to_one


# ── counts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@metric("queue", "Offered", "contacts", "none", "contacts that arrived: the sum of the outcomes", "N", "7.1")
def offered(f: Facts) -> Sums:
    return Sums(f.contacts[: sums.OUTCOMES].sum(axis=0))


@metric(
    "queue", "Answered", "contacts", "none", "work on the first turn began while the customer was there", "A", "7.1",
)  # fmt: skip
def answered(f: Facts) -> Sums:
    return Sums(f.contacts[sums.ANSWERED])


def _count_outcome(outcome: Outcome) -> None:
    name = outcome.name.lower()
    title = name.capitalize().replace("_", " ")

    @metric(
        "queue", title, "contacts", "none", f"contacts that ended {name}", f"N with outcome {name}", "7.1", name=name,
    )  # fmt: skip
    def ended(f: Facts) -> Sums:
        return Sums(f.contacts[outcome])


for _outcome in Outcome:
    if _outcome is not Outcome.NONE:
        _count_outcome(_outcome)


@metric(
    "queue", "Turned away", "customers", "lower", "would-be customers never offered, for a barrier in the way",
    "turned away", "7.1", form="count",
)  # fmt: skip
def turned_away(f: Facts) -> Sums:
    return Sums(f.workload.turned_away)


@metric(
    "queue", "Outbound messages sent", "contacts", "none", "outbound contacts of which the first message was sent",
    "number of outbound contacts with a first reply", "7.1", hide_if_zero=True,
)  # fmt: skip
def outbound_sent(f: Facts) -> Sums:
    return Sums(f.turns[sums.SENT])


@metric(
    "queue", "Outbound messages answered", "contacts", "higher", "outbound contacts whose customer answered",
    "number of outbound contacts with a customer message", "7.1", hide_if_zero=True,
)  # fmt: skip
def outbound_answered(f: Facts) -> Sums:
    return Sums(f.contacts[sums.OUTBOUND_ANSWERED])


@metric(
    "queue", "Closing words", "contacts", "none", "resolved contacts whose customer wrote once more, to no answer",
    "number of resolved contacts with a closing word", "7.3", hide_if_zero=True,
)  # fmt: skip
def closing_words(f: Facts) -> Sums:
    return Sums(f.contacts[sums.CLOSING])


@metric(
    "queue", "Call backs accepted", "contacts", "none", "callers who accepted a call back",
    "number of contacts called back", "7.1", hide_if_zero=True,
)  # fmt: skip
def called_back(f: Facts) -> Sums:
    return Sums(f.contacts[sums.CALLED_BACK])


# ── the first wait ───────────────────────────────────────────────────────────────────────────────────────────────────


@metric(
    "queue", "Undecided when the run ended", "contacts", "none",
    "contacts that waited for an answer, a later reply or a resolution when the drain ended, and were not late yet",
    "#{some target undecided}", "7.2", hide_if_zero=True,
)  # fmt: skip
def undecided(f: Facts) -> Sums:
    return Sums(f.contacts[sums.UNDECIDED] + f.turns[sums.REPLY_UNDECIDED])


@metric("queue", "Abandonment", "share", "lower", "(abandoned + silently_abandoned) / entered", "(L + L₀) / E", "7.1")
def abandonment(f: Facts) -> Sums:
    return Sums(f.contacts[Outcome.ABANDONED] + f.contacts[Outcome.SILENTLY_ABANDONED], f.contacts[sums.ENTERED])


@metric(
    "queue", "Abandonment as an ACD reports it", "share", "lower",
    "abandoned / entered: what an ACD reports, the silent left out", "L / E", "7.1",
)  # fmt: skip
def abandonment_seen(f: Facts) -> Sums:
    return Sums(f.contacts[Outcome.ABANDONED], f.contacts[sums.ENTERED])


@metric(
    "queue", "Service level", "share", "higher",
    "by sl_formula, from answered and not answered within the time of service_level, without the undecided",
    "by sl_formula, e.g. a / (A + B)", "7.2", applies=_given("sl_time"),
)  # fmt: skip
def service_level(f: Facts) -> Sums:
    return Sums(*f.service_level)


@metric(
    "queue", "Intervals that reach the service level", "share", "higher",
    "intervals whose service level reaches the target / intervals with contacts",
    "#{i: Dᵢ > 0, Nᵢ / Dᵢ ≥ target} / #{i: Dᵢ > 0}", "7.2",
    applies=lambda plan, spec: np.isfinite(spec.sl_share) & np.isfinite(spec.sl_time) & ~spec.sl_usual,
)  # fmt: skip
def intervals_met(f: Facts) -> Sums:
    in_time, contacts = f.service_level
    has_contacts = contacts > 0
    # a share of a whole number of contacts, such as 0.07 × 100, may come out a rounding error above it
    met = has_contacts & (in_time >= f.frame.sl_share * contacts - 1e-9)
    return Sums(met.astype(np.float64), has_contacts.astype(np.float64))


@metric(
    "queue", "Mean wait (ASA)", "s", "lower", "sum of the waits of the answered / answered",
    "Σ W of the answered / A", "7.1", short="ASA",
)  # fmt: skip
def asa(f: Facts) -> Sums:
    return Sums(f.contacts[sums.WAIT_ANSWERED] / SECOND, f.contacts[sums.ANSWERED])


@metric(
    "queue", "Delayed", "share", "lower", "entered and waited at all, ringing included / entered", "#{W > 0} / E",
    "7.1",
)  # fmt: skip
def delayed(f: Facts) -> Sums:
    return Sums(f.contacts[sums.DELAYED], f.contacts[sums.ENTERED])


@metric(
    "queue", "Mean wait of all who entered", "s", "lower",
    "sum of waits to the start of work, leaving or the end of the drain / entered", "Σ W of the entered / E", "7.1",
)  # fmt: skip
def wait_mean(f: Facts) -> Sums:
    return Sums(f.contacts[sums.WAIT_ENTERED] / SECOND, f.contacts[sums.ENTERED])


@metric(
    "queue", "Mean wait (ASA) in open hours", "s", "lower",
    "sum of the waits of the answered, on the business clock / answered, of queues with that clock",
    "Σ W of the answered in open hours / A", "7.1", in_total=False, applies=lambda plan, spec: spec.business_clock,
    short="ASA, open hours",
)  # fmt: skip
def asa_business(f: Facts) -> Sums:
    return Sums(f.contacts[sums.WAIT_IN_OPEN_HOURS] / SECOND, f.contacts[sums.ANSWERED])


@metric(
    "queue", "Wait in open hours, 90th percentile", "s", "lower",
    "smallest wait on the business clock that at least 90 % of the entered did not exceed, of queues with that clock",
    "min{w: #{W in open hours ≤ w} ≥ 0.9 E}", "7.1", literature=QUANTILES, in_total=False,
    applies=lambda plan, spec: spec.business_clock,
)  # fmt: skip
def wait_p90_business(f: Facts) -> Whole:
    return Whole(f.business_wait_quantiles[0])


def _quantile(percent: int) -> None:
    @metric(
        "queue", f"Wait, {percent}th percentile", "s", "lower",
        f"smallest wait that at least {percent} % of the entered did not exceed",
        f"min{{w: #{{W ≤ w}} ≥ {percent / 100:g} E}}", "7.1", literature=QUANTILES, name=f"wait_p{percent}",
    )  # fmt: skip
    def wait_quantile(f: Facts) -> Whole:
        return Whole(f.wait_quantiles[PERCENTS.index(percent)])


for _percent in PERCENTS:
    _quantile(_percent)


@metric("queue", "Longest wait", "s", "lower", "longest wait of the entered", "max W of the entered", "7.1")
def wait_max(f: Facts) -> Whole:
    return Whole(f.wait_quantiles[-1])


VIRTUAL: Final = (
    "Kaplan & Meier (1958), Nonparametric estimation from incomplete observations; for calls: Brown et al. (2005), "
    "Statistical analysis of a telephone call center, sec. 5.2"
)


def _no_balking(plan: Plan, spec: MetricSpec) -> Bool:
    """Where customers hear the wait, it makes some of them leave: there is no virtual wait then."""
    return np.asarray(plan.told_place == 0)


@metric(
    "queue", "Mean wait of who would never give up", "s", "lower",
    "mean wait if nothing but the start of work ended it, up to the longest: giving up censors (Kaplan–Meier)",
    "∫ S(w) dw, S the Kaplan–Meier survival function of W", "7.1", literature=VIRTUAL, in_total=False,
    applies=_no_balking,
)  # fmt: skip
def virtual_wait_mean(f: Facts) -> Whole:
    return Whole(f.patient_waits[0])


@metric(
    "queue", "Service level of who would never give up", "share", "higher",
    "share of waits up to the time of service_level, if nothing but the start of work ended them (Kaplan–Meier)",
    "1 − S(T)", "7.2", literature=VIRTUAL, in_total=False,
    applies=lambda plan, spec: _no_balking(plan, spec) & np.isfinite(spec.sl_time),
)  # fmt: skip
def virtual_service_level(f: Facts) -> Whole:
    return Whole(f.patient_waits[1])


# ── the conversation ─────────────────────────────────────────────────────────────────────────────────────────────────


@metric(
    "queue", "Mean wait for later replies", "s", "lower",
    "sum of waits, from the second turn on, to the start of work or leaving / such turns",
    "Σ V / M", "7.3", applies=_many_turns,
)  # fmt: skip
def reply_wait_mean(f: Facts) -> Sums:
    return Sums(f.turns[sums.LATER_WAIT] / SECOND, f.turns[sums.LATER])


@metric(
    "queue", "Wait for later replies, 90th percentile", "s", "lower",
    "smallest reply wait that at least 90 % did not exceed",
    "min{v: #{V ≤ v} ≥ 0.9 M}", "7.3", literature=QUANTILES, applies=_many_turns,
)  # fmt: skip
def reply_wait_p90(f: Facts) -> Whole:
    return Whole(f.reply_wait_quantiles[0])


@metric(
    "queue", "Later replies in time", "share", "higher",
    "turns from the second on answered within reply_target / such turns worked, left or late when the drain ended",
    "#{V ≤ reply_target, not left} / (M + late)", "7.3", short="Replies in time",
    applies=lambda plan, spec: _many_turns(plan, spec) & np.isfinite(spec.reply_time),
)  # fmt: skip
def reply_level(f: Facts) -> Sums:
    in_time, due = (f.turns[first : first + 3].sum(axis=0) for first in (sums.IN_TIME_BY_TURN, sums.DUE))
    return Sums(in_time, due)


def _level_of_turn(place: int, suffix: str, which: str, symbols: str) -> None:
    @metric(
        "queue", f"Replies in time, {which}", "share", "higher",
        f"{which}: answered within reply_target / worked, left or late when the drain ended", symbols, "7.3",
        name=f"reply_level_{suffix}", applies=lambda plan, spec: _many_turns(plan, spec) & np.isfinite(spec.reply_time),
    )  # fmt: skip
    def level(f: Facts) -> Sums:
        return Sums(f.turns[sums.IN_TIME_BY_TURN + place], f.turns[sums.DUE + place])


_level_of_turn(0, "2", "second message", "reply_level of second messages")
_level_of_turn(1, "3", "third message", "reply_level of third messages")
_level_of_turn(2, "4plus", "fourth message and on", "reply_level of fourth and later messages")


@metric(
    "queue", "Message to reply, mean", "s", "lower",
    "sum of times from message to end of reply, the customer still there / such replies",
    "Σ (reply − message) / number of replies", "7.3",
)  # fmt: skip
def response_mean(f: Facts) -> Sums:
    return Sums(f.turns[sums.RESPONSE] / SECOND, f.turns[sums.REPLIES])


@metric(
    "queue", "Capacity held by a contact, mean", "s", "lower",
    "capacity held, all sessions of a contact together / contacts that had a session",
    "Σ session time / contacts with a session", "7.3",
)  # fmt: skip
def session_mean(f: Facts) -> Sums:
    return Sums(f.sessions[sums.SESSION] / SECOND, f.sessions[sums.SESSIONS])


@metric(
    "queue", "Handling a contact", "s", "lower",
    "focused work incl. re-reading and wrap-up / answered or begun outbound", "Σ focused work / H", "7.3", short="AHT",
)  # fmt: skip
def handle_mean(f: Facts) -> Sums:
    return Sums(f.turns[sums.HANDLE] / SECOND, f.contacts[sums.BEGUN])


@metric(
    "queue", "Spent re-reading", "share", "lower", "re-reading / focused work, of the answered and begun outbound",
    "Σ re-reading / Σ focused work", "7.3", applies=lambda plan, spec: plan.reread_after < NEVER,
)  # fmt: skip
def reread_share(f: Facts) -> Sums:
    return Sums(f.turns[sums.REREAD], f.turns[sums.HANDLE])


@metric(
    "queue", "Time to resolution, mean", "s", "lower",
    "sum of times from arrival to the end of the last reply / resolved", "Σ (end of last reply − arrival) / R", "7.3",
)  # fmt: skip
def resolution_mean(f: Facts) -> Sums:
    return Sums(f.contacts[sums.RESOLUTION] / SECOND, f.contacts[sums.RESOLVED])


@metric(
    "queue", "Resolved in time", "share", "higher",
    "resolved within resolution_target / entered, without the undecided",
    "#{resolved, time to resolution ≤ resolution_target} / (E − undecided)", "7.3", applies=_given("resolution_time"),
)  # fmt: skip
def resolution_level(f: Facts) -> Sums:
    return Sums(f.contacts[sums.RESOLVED_IN_TIME], f.contacts[sums.ENTERED] - f.contacts[sums.RESOLUTION_UNDECIDED])


@metric(
    "queue", "Messages worked on", "turns", "none", "turns worked on / answered or begun outbound",
    "turns worked on / H", "7.3",
)  # fmt: skip
def turns_mean(f: Facts) -> Sums:
    return Sums(f.turns[sums.HANDLED], f.contacts[sums.BEGUN])


@metric(
    "queue", "Agents per contact", "agents", "lower",
    "different agents who worked on a contact, summed / answered or begun outbound", "Σ different agents / H", "7.3",
)  # fmt: skip
def agents_per_contact(f: Facts) -> Sums:
    return Sums(f.turns[sums.AGENTS], f.contacts[sums.BEGUN])


@metric(
    "queue", "Transferred, of those handled", "share", "none", "transferred / answered or begun outbound",
    "transferred / H", "7.3",
)  # fmt: skip
def transfer_rate(f: Facts) -> Sums:
    return Sums(f.contacts[Outcome.TRANSFERRED], f.contacts[sums.BEGUN])


@metric(
    "queue", "Reopened, of the resolved", "share", "lower", "resolved whose customer came back about it / resolved",
    "reopened / resolved", "7.3",
)  # fmt: skip
def reopen_rate(f: Facts) -> Sums:
    return Sums(f.contacts[sums.REOPENED], f.contacts[Outcome.RESOLVED])


# ── customers: the first contact of a chain stands for it ────────────────────────────────────────────────────────────


@metric(
    "queue", "Customers", "customers", "none",
    "first contacts of a chain: what customers began, without transfers, retries and others that follow",
    "number of roots", "7.4", form="count",
)  # fmt: skip
def customers(f: Facts) -> Sums:
    return Sums(f.contacts[sums.ROOTS])


@metric(
    "queue", "Resolved at first contact", "share", "higher",
    "resolved in the first contact, neither transferred nor reopened / answered roots",
    "resolved once / answered roots", "7.4",
)  # fmt: skip
def fcr(f: Facts) -> Sums:
    return Sums(f.contacts[sums.ROOTS_RESOLVED], f.contacts[sums.ROOTS_ANSWERED])


@metric(
    "queue", "Repeat contacts", "contacts", "lower", "retries, returns, reopenings and recontacts / roots",
    "follow-ups / roots", "7.4", form="number",
)  # fmt: skip
def repeat_contacts(f: Facts) -> Sums:
    return Sums(f.contacts[sums.REPEATED], f.contacts[sums.ROOTS])


@metric(
    "queue", "Customer effort", "effort", "lower", "channel effort of all contacts of a chain, summed / roots",
    "Σ effort / roots", "7.4", applies=_given("effort"),
)  # fmt: skip
def effort(f: Facts) -> Sums:
    return Sums(f.contacts[sums.EFFORT], f.contacts[sums.ROOTS])


@metric(
    "queue", "Value lost", "money", "lower",
    "value of roots of which no contact was resolved, nor served by the bot or self-service, and value_lost_by_wait",
    "value × roots not served + value_lost_by_wait", "7.4", applies=_given("value"),
)  # fmt: skip
def value_lost(f: Facts) -> Sums:
    if len(f.spec.value_after) == 0:
        return Sums(f.contacts[sums.VALUE_LOST])
    return Sums(f.contacts[sums.VALUE_LOST] + f.value_lost_by_wait)


@metric(
    "queue", "Value lost by waiting", "money", "lower",
    "of served roots, value × (1 − the factor of value_after_wait at the wait for their first answer)",
    "Σ value × (1 − factor)", "7.4", applies=lambda plan, spec: np.diff(spec.value_offset) > 0,
)  # fmt: skip
def value_lost_by_wait(f: Facts) -> Sums:
    return Sums(f.value_lost_by_wait)


@metric(
    "queue", "Customers lost", "customers", "lower",
    "roots of which no contact was resolved, nor served by the bot or self-service",
    "#{roots not served}", "7.4", form="count",
)  # fmt: skip
def customers_lost(f: Facts) -> Sums:
    return Sums(f.contacts[sums.ROOTS_LOST])


# ── over time ────────────────────────────────────────────────────────────────────────────────────────────────────────


@metric(
    "queue", "Waiting at once, mean", "contacts", "lower",
    "time integral of contacts waiting unassigned, outbound ones too / time", "∫ waiting dt / T", "7.5", form="number",
)  # fmt: skip
def queue_mean(f: Facts) -> Sums:
    return Sums(f.unassigned_area, f.window)


@metric(
    "queue", "Waiting at once, most", "contacts", "lower", "most contacts waiting unassigned at once",
    "max waiting", "7.5",
)  # fmt: skip
def queue_max(f: Facts) -> Peaks:
    return Peaks(f.unassigned_peaks)


@metric(
    "queue", "Open at once, mean", "contacts", "lower",
    "time integral of contacts from arrival to end, parked ones included / time", "∫ open dt / T", "7.5",
)  # fmt: skip
def open_mean(f: Facts) -> Sums:
    return Sums(f.open_area, f.window)


@metric(
    "queue", "Messages not yet in work, most", "messages", "lower",
    "most customers' messages at once, waiting or held, not yet in work", "max messages pending", "7.5",
)  # fmt: skip
def backlog_max(f: Facts) -> Peaks:
    return Peaks(f.backlog_peaks)


@metric(
    "queue", "Oldest message not yet in work", "s", "lower", "greatest age of a customer's message not yet in work",
    "max (min(start of work, end) − message)", "7.5",
)  # fmt: skip
def oldest_age_max(f: Facts) -> Whole:
    return Whole(f.oldest_of_all / SECOND)


@metric(
    "queue", "Hours of focused work", "h", "none", "focused work, booked to the interval in which it was done",
    "∫ agents in focused work dt / 3600", "7.5",
)  # fmt: skip
def work_hours(f: Facts) -> Sums:
    return Sums(f.work_of_queues / 3600)


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@metric(
    "queue", "Cost", "money", "lower",
    "cost of teams by focused work, their idle time pro rata, and fees of the entered",
    "Σ team cost × focused work for the queue / focused work of the team + fee × conversations", "7.6",
)  # fmt: skip
def cost(f: Facts) -> Sums:
    return Sums(f.cost)


@metric("queue", "Cost per resolved", "money", "lower", "cost / resolved", "cost / resolved", "7.6")
def cost_per_resolved(f: Facts) -> Sums:
    return Sums(f.cost, f.contacts[Outcome.RESOLVED].sum(axis=0))


@metric("queue", "Cost a contact", "money", "lower", "cost / answered or begun outbound", "cost / H", "7.6")
def cost_per_contact(f: Facts) -> Sums:
    return Sums(f.cost, f.contacts[sums.BEGUN].sum(axis=0))
