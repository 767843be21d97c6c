"""The work itself: how long it takes, one thing at a time, and what interrupts it (sections 1, 3, 6.6, 6.8)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccsim.engine.audit.case import Case, Columns, at, say
from ccsim.tables import I64, NEVER


def durations(case: Case) -> list[str]:
    """1, 2.8, 6.6: a turn takes rint((work × pace) × slowdown) + re-reading, plus suspensions, to the microsecond."""
    workload, plan, log = case.workload, case.plan, case.log
    turn = np.flatnonzero((case.start < NEVER) & ~case.shared[case.queue])
    queue, agent, start, slot = case.queue[turn], case.worker[turn], case.start[turn], case.slot[turn]
    team = plan.team[agent]
    reread = log.reread[slot]

    number, owner = case.number[turn], case.owner[turn]
    by_agent = np.lexsort((number, agent, owner))
    answered = np.full(len(turn), -NEVER)  # this agent's last reply in this contact
    same = (owner[by_agent][1:] == owner[by_agent][:-1]) & (agent[by_agent][1:] == agent[by_agent][:-1])
    answered[by_agent[1:][same]] = case.reply[turn][by_agent[:-1][same]]
    forgotten = (
        (number > 0)
        & ~workload.closing[slot]
        & (plan.reread_after[queue] < NEVER)
        & (start - answered > plan.reread_after[queue])
    )
    due = np.where(forgotten, plan.reread_work[queue] + plan.reread_per_turn[queue] * number, 0)
    columns: Columns = {"contact": owner, "turn": number, "agent": agent, "start": start, "reply": case.reply[turn]}
    faults = say("re-reading", reread != due, **columns, reread=reread, due=due)

    columns_of_slowdown = plan.slowdown.shape[1]
    least, most = (np.clip(n, 1, columns_of_slowdown) for n in case.sessions_at(agent, start))
    reply, suspended = case.reply[turn], case.turn_suspended[turn]
    # what is still suspended at the drain's end has no reply, however little was left
    cut = np.where(suspended > 0, plan.drain_end, plan.drain_end + 1)
    in_vain = log.called_back[owner] & workload.no_answer[owner]  # 6.8: its end is that of the contact
    right = in_vain & (reply == NEVER)
    pace, waited = case.pace(agent, queue, start), case.waited[turn]
    for sessions in range(1, columns_of_slowdown + 1):
        work = np.rint(workload.work[slot] * pace * plan.slowdown[team, sessions - 1] * waited)
        end = start + work.astype(np.int64) + reread + suspended
        exact = np.where(reply == NEVER, end >= cut, reply == end)
        right |= (least <= sessions) & (sessions <= most) & exact & ~in_vain
    return faults + say("duration of a turn", ~right, **columns, least_sessions=least, most_sessions=most)


def one_thing_at_a_time(case: Case) -> list[str]:
    """1, 3: attention is serial, and work is done in a session of the contact with that agent."""
    worked = case.start < NEVER
    faults = say(
        "work outside a session with that agent",
        worked & (case.holding < 0),
        contact=case.owner, agent=case.worker, start=case.start, reply=case.reply,
    )  # fmt: skip
    call = worked & case.plan.one_to_one[case.queue] & (case.holding >= 0)
    assigned = at(case.log.stretch_start, case.holding, NEVER)
    late = call & (case.start != assigned + case.workload.answer_delay[case.owner])
    faults += say("a call is answered after ringing", late, contact=case.owner, assigned=assigned, start=case.start)
    agent, begin, end, contact = case.hands
    wrong = (agent[1:] == agent[:-1]) & (begin[1:] < end[:-1])
    return faults + say(
        "two pieces of work at once",
        wrong,
        agent=agent[1:], contact=contact[1:], begin=begin[1:], other=contact[:-1], until=end[:-1],
    )  # fmt: skip


def suspensions(case: Case) -> list[str]:
    """6.6: only a call that may interrupts work in hand, which goes on when the agent has no call left."""
    plan, log = case.plan, case.log
    contact, agent, start, end = log.suspended_contact, log.suspended_agent, log.suspended_start, log.suspended_end
    columns: Columns = {"contact": contact, "agent": agent, "start": start, "end": end}
    same = contact[1:] == contact[:-1]
    wrong = (contact[1:] < contact[:-1]) | (same & (start[1:] < end[:-1]))
    faults = say("suspensions follow one another", wrong, **{name: values[1:] for name, values in columns.items()})
    turn, queue = case.suspended_turn, case.workload.queue[contact]
    wrong = (turn < 0) | (start > end) | (end > at(case.work_end, turn, -1)) | (at(case.worker, turn, -1) != agent)
    wrong |= plan.one_to_one[queue] | case.shared[queue]
    faults += say("suspension of no work in hand", wrong, **columns)
    order = np.lexsort((end, start, agent))
    wrong = (agent[order][1:] == agent[order][:-1]) & (start[order][1:] < end[order][:-1])
    faults += say("two suspended works of one agent", wrong, **{n: values[order][1:] for n, values in columns.items()})

    call = np.flatnonzero(case.held & plan.one_to_one[case.stretch_queue])
    call = call[np.lexsort((log.stretch_end[call], log.stretch_start[call], log.stretch_agent[call]))]
    caller, begins, ends = log.stretch_agent[call], log.stretch_start[call], log.stretch_end[call]
    caused = np.zeros(len(start), dtype=np.bool_)
    for kind in np.flatnonzero(plan.one_to_one):
        mine = case.stretch_queue[call] == kind
        may = plan.interrupts[plan.team[agent], kind, queue]
        caused |= may & np.isin(case.key(agent, start), case.key(caller[mine], begins[mine]))
    faults += say("suspended by no call that may", ~caused, **columns)
    wrong = ~np.isin(case.key(agent, end), case.key(caller, ends)) & (end < plan.drain_end)
    faults += say("suspended work goes on when no call ends", wrong, **columns)

    spent = np.append(0, np.cumsum(ends - begins))
    keys = case.key(caller, begins)

    def on_calls(time: I64) -> NDArray[Any]:
        """Time spent on calls by then, by this agent and those before; an agent's calls do not overlap."""
        begun = np.searchsorted(keys, case.key(agent, time), side="right")
        last = np.where(begun > 0, begun - 1, -1)
        rest = np.where(at(caller, last, -1) == agent, np.maximum(at(ends, last, 0) - time, 0), 0)
        return np.asarray(spent[begun] - rest)

    wrong = on_calls(end) - on_calls(start) != end - start
    return faults + say("suspended without a call", wrong, **columns)
