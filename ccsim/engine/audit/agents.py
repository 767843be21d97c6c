"""What agents hold and when they are there: capacity, skills, tasks, sessions, presence (sections 3, 4, 6.6, 6.9)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccsim.engine.audit.case import Case, Columns, at, say
from ccsim.tables import I64, NEVER, Bool, Link, Outcome


def capacity(case: Case) -> list[str]:
    """3, 2.7, 6.6: units held stay within the capacity but for `over_capacity`; a call stands alone or interrupts."""
    plan, log = case.plan, case.log
    lasting = np.flatnonzero(case.held & (log.stretch_end > log.stretch_start))
    team, queue = plan.team[log.stretch_agent[lasting]], case.stretch_queue[lasting]
    call, exempt = plan.one_to_one[queue], _resumed_over_capacity(case)[lasting]
    row = np.tile(np.arange(len(lasting)), 2)
    time = np.concatenate([log.stretch_end[lasting], log.stretch_start[lasting]])
    begins = np.repeat([False, True], len(lasting))
    most = plan.most_units[team, queue][row]
    for change in range(len(plan.limit_time)):
        mine = (team == plan.limit_team[change]) & (queue == plan.limit_queue[change])
        most = np.where(mine[row] & (time >= plan.limit_time[change]), plan.limit_units[change], most)
    # what ends goes before what begins at the same instant; of what begins, what has the lowest limit (in no other
    # order does more fit), and calls come last: they may interrupt
    order = np.lexsort((most, exempt[row], call[row], begins, time, log.stretch_agent[lasting][row]))
    row, begins, most = row[order], begins[order], most[order]
    columns: Columns = {
        "agent": log.stretch_agent[lasting][row],
        "contact": log.stretch_contact[lasting][row],
        "time": time[order],
    }

    def held(each: NDArray[Any]) -> I64:
        return np.cumsum(np.where(begins, 1, -1) * each[row])

    units = held(np.where(call, 0, plan.units[team, queue]))
    over = begins & ~call[row] & ~exempt[row] & (units > most)
    faults = say("capacity exceeded", over, **columns, held=units)
    calls = held(call.astype(np.int64))
    faults += say("session taken during a one-to-one session", begins & ~call[row] & (calls > 0), **columns)
    alone = begins & call[row] & (calls == 1)
    for kind in np.flatnonzero(plan.one_to_one):
        others = held((~plan.interrupts[team, kind, queue] & ~call).astype(np.int64))
        alone &= (queue[row] != kind) | (others == 0)
    return faults + say("one-to-one session not alone", begins & call[row] & ~alone, **columns)


def _resumed_over_capacity(case: Case) -> Bool:
    """By stretch: a conversation that came back to its agent in a queue whose resumptions may exceed the capacity."""
    log = case.log
    again = np.zeros(len(log.stretch_contact), dtype=np.bool_)
    same_contact = log.stretch_contact[1:] == log.stretch_contact[:-1]
    again[1:] = same_contact & (log.stretch_agent[1:] == log.stretch_agent[:-1])
    return np.asarray(again & case.held & case.plan.over_capacity[case.stretch_queue])


def assignments(case: Case) -> list[str]:
    """3, 4: sessions begin on duty, with the skill, and not before overflow is due."""
    plan, log = case.plan, case.log
    rows = np.flatnonzero(case.held)
    agent, contact, start = log.stretch_agent[rows], log.stretch_contact[rows], log.stretch_start[rows]
    queue, team = case.stretch_queue[rows], plan.team[agent]
    columns: Columns = {"agent": agent, "contact": contact, "start": start}
    allowed = case.takes_sessions(agent, start)
    allowed |= _resumed_over_capacity(case)[rows] & case.on_shift(agent, start)
    faults = say("session begins off duty or before a pause", ~allowed, **columns)
    faults += say("agent without the skill", plan.rank[team, queue] < 0, **columns)
    # later stretches and transfers may be with the contact's own agent, to whom overflow does not apply
    first = np.ones(len(log.stretch_contact), dtype=np.bool_)
    first[1:] = log.stretch_contact[1:] != log.stretch_contact[:-1]
    early = first[rows] & (case.workload.link[contact] != Link.TRANSFER)
    early &= start - case.entry[contact] + case.carried[contact] < plan.overflow_after[team, queue]
    faults += say("overflow before it is due", early, **columns)
    return faults + _tasks(case, rows[first[rows] & case.workload.outbound[contact]])


def reservations(case: Case) -> list[str]:
    """4: nobody takes from another queue while a contact waits in a reserved one, or while too few are idle for it."""
    plan, log = case.plan, case.log
    rows = np.flatnonzero(case.held)
    agent, contact, start = log.stretch_agent[rows].astype(np.int64), log.stretch_contact[rows], log.stretch_start[rows]
    columns: Columns = {"agent": agent, "contact": contact, "start": start}
    faults = []
    for q in np.flatnonzero(plan.reserved):
        elsewhere = (case.stretch_queue[rows] != q) & (plan.rank[plan.team[agent], q] >= 0)
        mine = case.stretch_queue == q
        since, until = case.next_open(int(q), np.maximum(log.stretch_since[mine], 0)), log.stretch_start[mine]
        begins, ends = np.sort(since[since < until]), np.sort(until[since < until])
        waiting = np.searchsorted(begins, start) - np.searchsorted(ends, start, side="right")
        faults += say("session in spite of a reservation", elsewhere & (waiting > 0), **columns, waiting=waiting)
    for q in np.flatnonzero(plan.keep_idle):
        elsewhere = (case.stretch_queue[rows] != q) & (plan.rank[plan.team[agent], q] >= 0)
        idle = np.zeros(len(rows), dtype=np.int64)
        alone = np.zeros(len(rows), dtype=np.bool_)
        for a in np.flatnonzero(plan.rank[plan.team, q] >= 0):
            mine = rows[agent == a]
            begins, ends = np.sort(log.stretch_start[mine]), np.sort(log.stretch_end[mine])
            # what begins or ends at that instant may have been there or not
            held = np.searchsorted(begins, start) - np.searchsorted(ends, start, side="right")
            idle += (held <= 0) & case.takes_sessions(np.full(len(rows), a), start)
            touching = np.searchsorted(begins, start, side="right") - np.searchsorted(ends, start)
            alone |= (agent == a) & (touching == 1)
        wrong = elsewhere & alone & (idle <= plan.keep_idle[q])
        faults += say("session with an agent who is left idle", wrong, **columns, idle=idle)
    return faults


def _tasks(case: Case, rows: I64) -> list[str]:
    """6.9: who takes an outbound contact has no work in hand, and no message pending when they begin to write."""
    log = case.log
    agent, contact, start = log.stretch_agent[rows], log.stretch_contact[rows], log.stretch_start[rows]

    def amid(worker: NDArray[Any], begin: I64, end: I64, time: I64) -> Bool:
        """Whether the time of each of `rows` lies inside one of its agent's spans."""
        order = np.lexsort((begin, worker))
        ends = np.append(np.maximum.accumulate(case.key(worker, end)[order]), -1)
        now = case.key(agent, time)
        return np.asarray(ends[np.searchsorted(case.key(worker, begin)[order], now) - 1] > now)

    worker, begin, end, _ = case.pieces
    columns: Columns = {"agent": agent, "contact": contact, "start": start}
    faults = say("task taken by an agent with work in hand", amid(worker, begin, end, start), **columns)
    turn = np.flatnonzero(case.holding >= 0)
    since = np.maximum(case.message[turn], log.stretch_start[case.holding[turn]])
    task = case.workload.outbound[case.owner[turn]] & (case.number[turn] == 0)
    worker, since, until = (values[~task] for values in (case.worker[turn], since, case.start[turn]))
    writes = np.minimum(log.start[log.first_turn[contact]], log.stretch_end[rows])
    late = (log.start[log.first_turn[contact]] < NEVER) & amid(worker, since, until, writes)
    return faults + say("task begun before a pending message", late, **columns)


def session_ends(case: Case) -> list[str]:
    """2.6, 2.10 and section 3: a session ends with its contact, when it is parked, or is handed over after a shift."""
    plan, log = case.plan, case.log
    replied = case.reply < NEVER
    silent = replied & plan.persistent[case.queue]
    reply = np.minimum(case.reply, plan.drain_end)
    awaits_word = (log.outcome == Outcome.RESOLVED) & (case.answers < log.turns)
    word = awaits_word[case.owner] & (case.number == case.answers[case.owner] - 1)
    rows_of_table = plan.parked_after.shape[1]
    least, most = (np.clip(n, 1, rows_of_table) for n in case.sessions_at(case.worker, reply))
    parked, reasons = np.zeros(len(reply), np.int64), []
    for sessions in range(1, rows_of_table + 1):
        after = plan.parked_after[case.queue, sessions - 1]
        may = silent & (least <= sessions) & (sessions <= most)
        parked = np.where(may, np.maximum(parked, reply + after), parked)
        may &= (case.workload.latency[case.slot] > after) & ((reply + after < log.left[case.owner]) | word)
        reasons.append(case.key(case.owner[may], (reply + after)[may]))
    late = silent & (case.workload.latency[case.slot] > parked - reply) & ((parked < log.left[case.owner]) | word)
    session = case.latest(case.stretch_keys, case.owner, np.minimum(parked, plan.drain_end))
    over = late & (at(log.stretch_agent, session, -1) >= 0) & (at(log.stretch_end, session, -1) > parked)
    faults = say("parked conversation holds capacity", over, contact=case.owner, reply=case.reply, parked=parked)

    rows = np.flatnonzero(case.held & (log.stretch_end < plan.drain_end))
    agent, contact = log.stretch_agent[rows], log.stretch_contact[rows]
    start, end = log.stretch_start[rows], log.stretch_end[rows]
    ends = end == log.closed[contact]
    ends |= np.isin(case.key(contact, end), np.concatenate(reasons))
    # handed over when the shift or the overrun ends, or the work in hand after that, perhaps in the next shift
    shift = case.shift_at(agent, end)
    shift_end = np.minimum(at(plan.shift_end, shift, NEVER), plan.drain_end)
    at_reply = np.isin(case.key(contact, end), case.key(case.owner[replied], case.reply[replied]))
    handed_over = (end == shift_end) | (end == shift_end + plan.overrun[plan.team[agent]]) | at_reply
    ends |= ~case.on_shift(agent, end) & handed_over
    ends |= at(plan.shift_start, shift, NEVER) > start
    return faults + say("session ends without reason", ~ends, agent=agent, contact=contact, start=start, end=end)


def presence(case: Case) -> list[str]:
    """3: who is on duty is present, nobody is without a reason, and all work is done while present."""
    plan, log = case.plan, case.log
    agent = plan.shift_agent[log.presence_shift].astype(np.int64)
    start, end = log.presence_start, log.presence_end
    columns: Columns = {"agent": agent, "start": start, "end": end}
    wrong = (start < 0) | (start > end) | (end > plan.drain_end) | ~case.workload.present[log.presence_shift]
    faults = say("presence of an agent who is there", wrong, **columns)
    same = agent[1:] == agent[:-1]
    wrong = (agent[1:] < agent[:-1]) | (same & (start[1:] < end[:-1]))
    faults += say("presences follow one another", wrong, **{name: values[1:] for name, values in columns.items()})
    if faults:
        return faults

    duty_agent, duty_start, duty_end = case.duties
    keys = case.key(agent, start)
    row = case.latest(keys, duty_agent, duty_start)
    missing = (duty_start < duty_end) & (at(end, row, -1) < duty_end)
    faults += say("absent while on duty", missing, agent=duty_agent, start=duty_start, end=duty_end)

    worker, begin, finish, contact = case.pieces
    # overtime that runs into the next shift is two presences that touch: present until the last of them ends
    touches = np.append(same & (start[1:] == end[:-1]), False)
    last = np.flatnonzero(~touches)
    until = end[last[np.searchsorted(last, np.arange(len(end)))]]
    outside = (begin < finish) & (at(until, case.latest(keys, worker, begin), -1) < finish)
    faults += say("work outside presence", outside, agent=worker, contact=contact, begin=begin, end=finish)
    shift_agent = plan.shift_agent[case.shifts]
    shift_end = np.minimum(plan.shift_end[case.shifts], plan.drain_end)
    comes = np.concatenate([case.key(duty_agent, duty_start), case.key(shift_agent, shift_end)])
    # overtime goes on in the next shift, even if that begins with a pause
    goes_on = np.append(False, touches[:-1]) & np.isin(keys, case.key(shift_agent, plan.shift_start[case.shifts]))
    faults += say("presence begins without reason", ~np.isin(keys, comes) & ~goes_on, **columns)
    overrun = shift_end + plan.overrun[plan.team[shift_agent]]
    sessions = case.key(log.stretch_agent[case.held], log.stretch_end[case.held])
    next_shift = case.key(shift_agent, plan.shift_start[case.shifts])
    duty = case.key(duty_agent, duty_end)
    goes = [duty, case.key(shift_agent, overrun), case.key(worker, finish), sessions, next_shift]
    wrong = ~np.isin(case.key(agent, end), np.concatenate(goes)) & (end != plan.drain_end)
    return faults + say("presence ends without reason", wrong, **columns)


def starts(case: Case) -> list[str]:
    """5: a turn is begun on duty, or after the shift in a closed session that the agent finishes; calls ring on."""
    plan, log = case.plan, case.log
    turn = np.flatnonzero((case.start < NEVER) & ~plan.one_to_one[case.queue] & (case.holding >= 0))
    agent, start, queue = case.worker[turn], case.start[turn], case.queue[turn]
    team = plan.team[agent]
    over = np.minimum(at(plan.shift_end, case.shift_at(agent, start), NEVER), plan.drain_end)
    finishing = (start >= over) & (start < over + plan.overrun[team])
    finishing &= ~plan.hand_over[team] & ~plan.persistent[queue] & (log.stretch_start[case.holding[turn]] < over)
    wrong = ~case.on_duty(agent, start) & ~finishing
    return say("work begun off duty", wrong, agent=agent, contact=case.owner[turn], start=start)
