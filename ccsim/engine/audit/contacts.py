"""What contacts go through, from whom they follow to how they end (sections 2, 6.1 to 6.5, 6.8)."""

from __future__ import annotations

from typing import Final

import numpy as np

from ccsim.engine.audit.case import Case, Columns, at, say
from ccsim.tables import NEVER, Link, Outcome

_MAY_RETRY: Final = (
    Outcome.ABANDONED,
    Outcome.SILENTLY_ABANDONED,
    Outcome.BLOCKED,
    Outcome.REJECTED,
    Outcome.LOST,
)


def links(case: Case) -> list[str]:
    """2.6, 2.9, 2.11: who follows whom, when, and with which turns."""
    workload, plan, log = case.workload, case.plan, case.log
    row = np.arange(len(case.began))
    root = workload.link == Link.ROOT
    wrong = root & ((log.arrival != workload.arrival) | (log.parent != -1))
    faults = say("root arrives as drawn", wrong, contact=row, arrival=log.arrival, drawn=workload.arrival)
    # 6.2: who does not come from the bot has nothing to tell again; who has no message has no use for turns
    skipped = np.where(case.meets_bot, 0, workload.bot_repeats)
    wrong = case.began & (workload.link != Link.RETURN) & (log.messages > 0)
    wrong &= (log.first_turn != workload.first_turn + skipped) | (log.turns != workload.turns - skipped)
    faults += say("turns as drawn", wrong, contact=row, first_turn=log.first_turn, turns=log.turns)
    faults += say("follow-up without parent", case.began & ~root & (log.parent < 0), contact=row, arrival=log.arrival)

    late = workload.latency[case.final] > plan.idle_timeout[workload.queue]
    anyone = np.ones(len(row), dtype=np.bool_)
    resolved_by = at(plan.team, at(log.agent, case.answered, -1), 0)
    badly = workload.reopen_draw < plan.comes_back[resolved_by, workload.queue]
    begun_by_rule = root.copy()
    for name, child, outcomes, only in (
        ("transfer", workload.transfer_child, (Outcome.TRANSFERRED,), anyone),
        ("retry", workload.retry_child, _MAY_RETRY, anyone),
        ("return", workload.return_child, (Outcome.TIMED_OUT,), late),
        ("reconnection", workload.reconnect_child, (Outcome.TIMED_OUT,), ~late),
        ("reopening", workload.reopen_child, (Outcome.RESOLVED,), badly),
        ("bounce", workload.bounce_child, (Outcome.CONTAINED,), anyone),
    ):
        parent = np.flatnonzero(case.began & (child >= 0) & np.isin(log.outcome, outcomes) & only)
        follower = child[parent]
        goes_on = np.isin(name, ("return", "reconnection"))
        due = case.next_message[parent] if goes_on else log.left[parent] + workload.after[follower]
        expected = due < (plan.drain_end + 1 if name == "transfer" else plan.end)
        columns: Columns = {"contact": parent, "follow-up": follower, "due": due, "arrival": log.arrival[follower]}
        began = log.arrival[follower] < NEVER
        faults += say(f"{name} begins if due before the end", began != expected, **columns)
        wrong = began & ((log.arrival[follower] != due) | (log.parent[follower] != parent))
        faults += say(f"{name} arrives when due", wrong, **columns)
        begun_by_rule[follower] = True
        if goes_on:
            rest = log.turns[parent] - log.messages[parent]
            same = (log.first_turn[follower] == case.final[parent] + 1) & (log.turns[follower] == rest)
            faults += say(f"{name} goes on with the turns that remained", began & ~same, **columns)
    wrong = case.began & ~begun_by_rule
    faults += say("follow-up without the outcome that leads to it", wrong, contact=row, parent=log.parent)
    return faults


def alternatives(case: Case) -> list[str]:
    """6.23: who may join another queue than its own joins one of its alternatives, while that is open."""
    workload, plan, queue, own = case.workload, case.plan, case.log.queue, case.own_queue
    among = np.zeros((len(plan.one_to_one), len(plan.one_to_one)), np.bool_)
    among[np.repeat(np.arange(len(among)), np.diff(plan.alternative_offset)), plan.alternative] = True
    new = case.began & (workload.link != Link.TRANSFER) & ~workload.outbound & ~workload.deflected
    may = new & (case.log.arrival >= 0) & among[own, queue] & case.is_open(queue, case.came)
    wrong = (queue != own) & ~may
    return say("joins its own queue or an alternative", wrong, contact=np.arange(len(own)), own=own, queue=queue)


def before_the_queue(case: Case) -> list[str]:
    """6.1, 6.2: who finds an answer in self-service or from the bot, and when the bot ends."""
    workload, plan, log = case.workload, case.plan, case.log
    row, bot_ends = np.arange(len(case.began)), case.bot_ends
    over = bot_ends <= plan.drain_end
    contained = case.meets_bot & workload.contained & over
    columns: Columns = {"contact": row, "left": log.left, "bot ends": np.where(case.meets_bot, bot_ends, NEVER)}
    faults = []
    for outcome, expected, time in (
        (Outcome.DEFLECTED, case.began & workload.deflected, case.came),
        (Outcome.CONTAINED, contained, bot_ends),
    ):
        ended = log.outcome == outcome
        wrong = (ended != expected) | (ended & ((log.left != time) | (log.closed != time)))
        faults += say(f"{outcome.name.lower()} as the rules say", wrong, **columns)
    silent = case.began & ~case.enters
    faults += say("message of a contact that never enters", silent & (log.messages > 0), **columns)
    wrong = silent & case.meets_bot & ~over & (log.outcome != Outcome.OPEN)
    faults += say("open with the bot", wrong, **columns)
    wrong = case.enters & (log.messages == 0) & (log.outcome != Outcome.REJECTED)
    return faults + say("no message of a contact that enters", wrong, **columns)


def turns(case: Case) -> list[str]:
    """2.4: message, start, reply in order; the next message comes a latency after the reply."""
    log, drain_end = case.log, case.plan.drain_end
    columns: Columns = {
        "contact": case.owner,
        "turn": case.number,
        "message": case.message,
        "start": case.start,
        "reply": case.reply,
    }
    worked, replied = case.start < NEVER, case.reply < NEVER
    wrong = (case.message > case.start) | (case.start > case.reply) | (worked & (case.start > drain_end))
    wrong |= (case.message > drain_end) | (replied & (case.reply > drain_end)) | (worked & (case.start < 0))
    faults = say("message ≤ start ≤ reply ≤ drain end", wrong, **columns)
    wrong = (worked != (case.worker >= 0)) | (~worked & (log.reread[case.slot] != 0))
    faults += say("an agent on every turn worked on, on no other", wrong, **columns)
    wrong = (case.number == 0) & (case.message != case.entry[case.owner])
    faults += say("first message comes when the contact enters", wrong, **columns)
    later = np.flatnonzero(case.number > 0)
    before = later - 1
    wrong = ~replied[before]
    comeback = np.where(case.plan.persistent[case.queue], 0, np.maximum(case.workload.comeback[case.slot], 0))[before]
    latency = case.workload.latency[case.slot[before]]
    wrong |= case.message[later] != np.minimum(case.reply[before], drain_end) + latency + comeback
    columns = {name: values[later] for name, values in columns.items()}
    return faults + say("next message comes a latency after the reply", wrong, **columns)


def outcomes(case: Case) -> list[str]:
    """2.3 to 2.10, 6.4, 6.5, 6.8, 6.9: each outcome at its exact time and only where the rules lead to it."""
    workload, plan, log = case.workload, case.plan, case.log
    queue, final = workload.queue, case.final
    started = (log.messages > 0) & (log.start[final] < NEVER)
    replied = started & (log.reply[final] < NEVER)
    reply = np.minimum(log.reply[final], plan.drain_end)
    late = workload.latency[final] > plan.idle_timeout[queue]
    for_good = case.dropped & (workload.comeback[final] == NEVER)
    persistent, more = plan.persistent[queue], log.messages < case.answers
    next_message = case.next_message
    # what the company wrote first counts as the customer's last message (6.9)
    message = np.where(workload.outbound & (log.messages == 1), reply, log.message[final])
    expiry = np.maximum(reply, message + plan.expires_after[queue])
    timeout = reply + plan.idle_timeout[queue]
    drawn = (workload.transfer_draw.astype(np.int64) * case.answers) >> 31
    leaves_after = np.where(workload.transfer_child >= 0, drawn, -1)
    late |= case.dropped & ~for_good & (next_message > timeout)
    waits_on = np.where(persistent, np.minimum(next_message, expiry), np.where(late, timeout, next_message))
    in_vain = log.called_back & workload.no_answer & started & ~replied
    no_answer = np.minimum(log.start[final], plan.drain_end) + plan.no_answer_time[queue]

    first_only = (log.messages == 1) & ~started
    rules = {
        Outcome.RESOLVED: ~more & (log.messages > 0) & (log.left == log.reply[case.answered]) & (leaves_after < 0),
        Outcome.TRANSFERRED: replied & (log.messages - 1 == leaves_after) & (log.left == reply),
        Outcome.ABANDONED: np.where(
            log.called_back, in_vain & (log.left == no_answer), first_only & ~workload.silent & ~workload.missed
        ),
        Outcome.SILENTLY_ABANDONED: (log.messages == 1)
        & workload.silent
        & ~workload.missed
        & ~log.called_back
        & (~started | (log.start[final] >= log.left)),
        Outcome.LOST: ((log.messages > 1) & (~started | (workload.silent & (log.start[final] >= log.left))))
        | case.lost_connection,
        Outcome.TIMED_OUT: replied & more & ~persistent & late & (log.left == timeout),
        Outcome.BLOCKED: first_only
        & (log.left == np.maximum(case.entry, 0))
        & (plan.max_waiting[queue] < NEVER)
        & ~np.isin(workload.link, (Link.TRANSFER, Link.RECONTACT)),
        Outcome.REJECTED: (log.messages <= 1) & ~started,
        Outcome.EXPIRED: np.where(
            started, replied & more & persistent & (next_message > expiry) & (log.left == expiry), workload.missed
        ),
        Outcome.OPEN: (log.left == plan.drain_end)
        & (~replied | (more & (waits_on > plan.drain_end)))
        & ~(in_vain & (no_answer <= plan.drain_end)),
    }
    faults = []
    row = np.arange(len(queue))
    for outcome, right in rules.items():
        faults += say(
            f"{outcome.name.lower()} as the rules say",
            case.began & (log.outcome == outcome) & ~right,
            contact=row, left=log.left, message=log.message[final], reply=log.reply[final],
        )  # fmt: skip
    gone = np.isin(log.outcome, (Outcome.SILENTLY_ABANDONED, Outcome.LOST, Outcome.TRANSFERRED)) & ~case.lost_connection
    answered = log.messages - ~replied
    wrong = case.began & ~gone & (leaves_after >= 0) & (answered > leaves_after)
    faults += say("transfer leaves after its turn", wrong, contact=row, turn=leaves_after, replies=answered)

    # between two messages there was neither timeout nor expiry
    later = np.flatnonzero(case.number > 0)
    before = later - 1
    queue, slot, reply = case.queue[later], case.slot[before], case.reply[before]
    wrote_first = workload.outbound[case.owner[before]] & (case.number[before] == 0)
    message = np.where(wrote_first, reply, case.message[before])
    expiry = np.maximum(reply, message + plan.expires_after[queue])
    idle, comeback = plan.idle_timeout[queue], workload.comeback[slot]
    in_time = (workload.latency[slot] <= idle) & (np.maximum(comeback, 0) <= idle - workload.latency[slot])
    stays = np.where(plan.persistent[queue], case.message[later] <= expiry, in_time)
    stays |= workload.closing[case.slot[later]]
    return faults + say(
        "no message after a timeout or an expiry", ~stays, contact=case.owner[later], message=case.message[later]
    )


def closed(case: Case) -> list[str]:
    """2.3, 2.10, 6.5, 6.6: when the system was done with a contact."""
    workload, plan, log = case.workload, case.plan, case.log
    queue, final = workload.queue, case.final
    agent = log.agent[final]
    wrap_up = np.rint(workload.wrap_up * case.pace(agent, queue, np.minimum(log.reply[final], plan.drain_end)))
    wrap_up = wrap_up.astype(np.int64)
    replied = log.reply[final] < NEVER
    vain = np.where(replied, np.minimum(log.reply[final], plan.drain_end) + plan.idle_timeout[queue], NEVER)
    wrap_up += case.wrap_up_suspended
    silent = (log.outcome == Outcome.SILENTLY_ABANDONED) | ((log.outcome == Outcome.LOST) & workload.silent)
    silent |= case.lost_connection
    reply = np.minimum(np.where(log.messages == log.turns, log.reply[final], NEVER), plan.drain_end)
    due = np.where(log.outcome == Outcome.RESOLVED, reply + wrap_up, np.where(silent, vain, log.left))
    dropped = silent & (log.start[final] >= NEVER) & (log.messages == 1) & plan.drop_at_close[queue]
    dropped &= case.closes_at(queue, log.closed)
    wrong = case.began & (log.closed != np.minimum(due, plan.drain_end)) & ~dropped
    row = np.arange(len(queue))
    return say("closed after wrap-up or work in vain", wrong, contact=row, closed=log.closed, due=due)


def patience(case: Case) -> list[str]:
    """2.3, 2.5, 6.3, 6.4: who gives up leaves exactly when patience ends; nobody stays on or is answered later."""
    workload, plan, log = case.workload, case.plan, case.log
    first = case.number == 0
    since = np.where(first, np.maximum(case.entry[case.owner], 0), case.message)
    held = ~case.is_open(case.queue, since) & case.holds[case.queue]
    on_entry = np.where(held, workload.held_patience[case.owner], workload.patience[case.owner])
    patience = np.where(first, on_entry, workload.reply_patience[case.slot])
    patience[log.called_back[case.owner]] = NEVER
    session = case.latest(case.stretch_keys, case.owner, since)
    session_end = np.where(at(log.stretch_agent, session, -1) >= 0, at(log.stretch_end, session, -1), -1)
    at_once = held & ~first & (session_end == since)  # a message as its session is handed over: before it or after
    held &= first | (session_end < since)

    outcome = log.outcome[case.owner]
    last = case.slot == case.final[case.owner]
    abandoned = np.isin(outcome, (Outcome.ABANDONED, Outcome.SILENTLY_ABANDONED))
    abandoned |= (outcome == Outcome.EXPIRED) & workload.missed[case.owner] & (case.start == NEVER)
    gave_up = np.where(first, abandoned, outcome == Outcome.LOST) & last
    gave_up &= ~case.lost_connection[case.owner] & ~log.called_back[case.owner]
    turned_away = np.isin(outcome, (Outcome.BLOCKED, Outcome.REJECTED))
    until = np.where(gave_up, log.left[case.owner], np.minimum(case.start, plan.drain_end))
    wait = case.elapsed(case.queue, since, until, held)
    later = case.elapsed(case.queue, since, until, at_once)
    wait = np.where(at_once & (~gave_up | (later == patience)), later, wait)
    held |= at_once
    columns: Columns = {
        "contact": case.owner,
        "turn": case.number,
        "since": since,
        "until": until,
        "patience": patience,
    }
    # 6.19: who was told a wait of one place or more that is too long
    informed = first & (plan.told_place[case.queue] > 0) & (workload.balks_at[case.owner] < NEVER)
    balked = informed & gave_up & (wait == 0)
    faults = say("who gives up leaves exactly when patience ends", gave_up & (wait != patience) & ~balked, **columns)
    worked = case.start < NEVER
    faults += say("no work starts after patience", worked & ~gave_up & (wait > patience), **columns)
    # patience that is used up while the queue is closed ends at its next opening
    running = ~held | case.is_open(case.queue, np.minimum(until, plan.drain_end))
    stays = ~worked & ~gave_up & ~turned_away & np.where(running, wait >= patience, wait > patience)
    return faults + say("nobody waits longer than their patience", stays, **columns)


def hours(case: Case) -> list[str]:
    """2.1, section 5 and 6.2: what is rejected, and that held contacts are assigned only after opening."""
    workload, plan, log = case.workload, case.plan, case.log
    queue, row = workload.queue, np.arange(len(workload.queue))
    came = np.clip(case.entry, 0, plan.drain_end)
    rejected = log.outcome == Outcome.REJECTED
    at_once = case.enters & case.shut & ~case.holds[queue]
    columns: Columns = {"contact": row, "entry": case.entry, "left": log.left}
    faults = say("rejected at once outside the hours", at_once & ~(rejected & (log.left == came)), **columns)
    dropped = plan.drop_at_close[queue] & case.closes_at(queue, log.left)
    faults += say("rejected outside the hours only", rejected & ~at_once & ~dropped, **columns)
    contact, start = log.stretch_contact, log.stretch_start
    before = case.open_until(queue, came)[contact]
    waits = case.held & case.shut[contact] & (case.open_until(case.stretch_queue, start) == before)
    waits &= ~case.is_open(case.stretch_queue, start)
    return faults + say("held until opening", waits, contact=contact, agent=log.stretch_agent, start=start)


def call_backs(case: Case) -> list[str]:
    """6.8: who accepts a call back was offered one, by the position and the last starts of work at that moment."""
    workload, plan, log = case.workload, case.plan, case.log
    queue, row, entry = workload.queue, np.arange(len(case.began)), case.entry
    may = case.enters & ~case.shut & workload.accepts_callback & (plan.offer_above[queue] < NEVER)
    may &= (workload.link != Link.TRANSFER) & ~workload.outbound
    may &= log.outcome != Outcome.BLOCKED
    columns: Columns = {"contact": row, "entry": entry}
    faults = say("call back where none may be", log.called_back & ~may, **columns)
    start = log.start[np.maximum(log.first_turn, 0)]
    picked_up = (start < NEVER) & (log.messages > 0) & ~(log.called_back & workload.no_answer)
    first = np.ones(len(log.stretch_contact), dtype=np.bool_)
    first[1:] = log.stretch_contact[1:] != log.stretch_contact[:-1]
    waits = np.zeros(len(row), dtype=np.bool_)
    waits[log.stretch_contact[first & (log.stretch_start > log.stretch_since)]] = True
    for q in np.flatnonzero(plan.offer_above < NEVER):
        starts = np.sort(start[picked_up & (queue == q)])
        begin, end = (np.sort(times[case.stretch_queue == q]) for times in (log.stretch_since, log.stretch_start))
        mine = np.flatnonzero(may & waits & (queue == q) & (entry >= 0))
        now = entry[mine]
        known = np.searchsorted(starts, now)
        # what else happens at that instant may have come before or after: then the log does not tell
        sure = known == np.searchsorted(starts, now, side="right")
        sure &= np.searchsorted(end, now) == np.searchsorted(end, now, side="right")
        sure &= np.searchsorted(begin, now) + 1 == np.searchsorted(begin, now, side="right")
        sure &= (known >= 2) & (case.carried[mine] == 0)  # who carries no wait is the last
        mine, now, known = mine[sure], now[sure], known[sure]
        position = np.searchsorted(begin, now) - np.searchsorted(end, now) + 1
        last = np.minimum(known, 10)
        estimate = position * (starts[known - 1] - starts[known - last]) // (last - 1)
        wrong = log.called_back[mine] != (estimate > plan.offer_above[q])
        faults += say("call back offered by the estimate", wrong, contact=mine, entry=now, estimate=estimate)
    return faults
