"""The compiled engine's memory in a state (docs/model.md, section 9): everything stands where it stood.

What is to end, or to come, of what is under way becomes entries of the timetable, which is sorted before the run.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any, Final

import numpy as np

from ccsim.engine.events import Event
from ccsim.tables import (
    I32,
    I64,
    IN_HAND,
    IN_SESSION,
    NEVER,
    SUSPENDED,
    UNASSIGNED,
    UNSTARTED,
    Bool,
    Link,
    Log,
    Outcome,
    Phase,
    State,
    Workload,
    among,
)

SETTLE: Final = int(Event.HORIZON) + 1
"""A kind of event of which nothing comes but that the system is settled."""


def resumed(kernel: ModuleType, memory: Any, state: State) -> Any:
    """The memory of a run before its first event, as `state` has it."""
    memory = memory._replace(log=_log(memory.log, memory.work, state), **_room(memory, state))
    _agents(kernel, memory, state)
    events = [np.array([[state.at - 1], [SETTLE], [0]]), *_contacts(kernel, memory, state)]
    _finishing(kernel, memory, state.at - 1)
    _lines(kernel, memory, state)
    _queues(kernel, memory, state)
    memory.number[kernel.ROOT] = int(
        ((memory.work.link == Link.ROOT) & (np.maximum(memory.work.arrival, 0) < state.at)).sum()
    )
    return memory._replace(**_timetable(kernel, memory, np.concatenate(events, axis=1), state))


# --- the log ------------------------------------------------------------------------------------------------------


def _log(empty: Log, workload: Workload, state: State) -> Log:
    """The log so far with room for more; roots to come are in it already, as the kernel wants them."""
    past = state.log
    to_come = (workload.link == Link.ROOT) & (np.maximum(workload.arrival, 0) >= state.at)
    copies: Any = (np.array(column) for column in past)
    log = Log(*copies)
    log.arrival[to_come] = workload.arrival[to_come]
    log.first_turn[to_come] = workload.first_turn[to_come]
    ended = past.presence_end < NEVER
    columns = {}
    for name in Log._fields:
        column = getattr(log, name)
        if name.startswith("presence_"):
            column = column[ended]
        if name.startswith(("presence_", "stretch_", "suspended_")):
            columns[name] = np.concatenate([column, getattr(empty, name)])
    return log._replace(**columns)


def _room(memory: Any, state: State) -> dict[str, int]:
    rows = memory.stretch_room + len(state.log.stretch_contact)
    suspensions = (memory.suspension_room + len(state.log.suspended_contact)) * memory.interrupts
    return {"stretch_room": rows, "suspension_room": suspensions}


# --- agents -------------------------------------------------------------------------------------------------------


def _agents(kernel: ModuleType, memory: Any, state: State) -> None:
    """Where the clock has them; all are asked in the settling."""
    plan, workload, log, now = memory.plan, memory.work, state.log, state.at - 1
    begun = np.flatnonzero(workload.present & (plan.shift_start <= now))
    memory.shift[plan.shift_agent[begun]] = begun  # sorted: the last one stays
    memory.rested[plan.shift_agent[begun]] = plan.shift_start[begun]
    on_shift = begun[plan.shift_end[begun] > now]
    memory.duty[plan.shift_agent[on_shift]] = kernel.ON
    wind_down = _within(plan.wind_down_start, plan.wind_down_end, now) & workload.present[plan.wind_down_shift]
    winding = plan.shift_agent[plan.wind_down_shift[wind_down]]
    memory.winds_down[winding] = True
    memory.duty[winding] = kernel.WINDING_DOWN
    for shift, start, end in (
        (plan.pause_shift, plan.pause_start, plan.pause_end),
        (workload.out_shift, workload.out_start, workload.out_end),
    ):
        there = workload.present[shift]
        paused = shift[_within(start, end, now) & there]
        memory.duty[plan.shift_agent[paused]] = kernel.PAUSED
        over = there & (end <= now)
        np.maximum.at(memory.rested, plan.shift_agent[shift[over]], end[over])
    memory.attends[:] = (memory.duty == kernel.ON) | (memory.duty == kernel.WINDING_DOWN)
    memory.idle[:] = state.idle_since
    for limit in np.flatnonzero(plan.limit_time < state.at).tolist():  # in the order of time: the last one stays
        memory.most[plan.limit_team[limit], plan.limit_queue[limit]] = plan.limit_units[limit]
    there = log.presence_end == NEVER
    shifts = log.presence_shift[there]
    memory.present[plan.shift_agent[shifts]] = log.presence_start[there]
    memory.present_shift[plan.shift_agent[shifts]] = shifts
    agents = np.arange(memory.agents)
    memory.gained[:], memory.ready[:] = agents, agents
    memory.gains[:] = memory.is_ready[:] = True
    memory.number[[kernel.GAINED, kernel.READY]] = memory.agents
    memory.number[kernel.PRESENCES] = len(there) - there.sum()
    memory.number[kernel.STRETCHES] = len(log.stretch_contact)
    memory.number[kernel.SUSPENSIONS] = len(log.suspended_contact)
    memory.stretch[log.stretch_contact] = np.arange(len(log.stretch_contact))  # the last one stays
    row = np.flatnonzero(log.suspended_end == NEVER)
    memory.suspension[log.suspended_agent[row]] = row


def _within(start: I64, end: I64, now: int) -> Bool:
    return np.asarray((start <= now) & (now < end))


def _keep(memory: Any, c: int, a: int, phase: int, until: int, left: float) -> None:
    """A session."""
    plan, q = memory.plan, memory.queue[c]
    memory.before[c], memory.after[c] = -1, memory.session[a]
    if memory.session[a] >= 0:
        memory.before[memory.session[a]] = c
    memory.session[a] = c
    memory.sessions[a] += 1
    memory.load[a] += plan.units[plan.team[a], q]
    memory.call[a] |= plan.one_to_one[q]
    memory.beside[a] += memory.shared[q]
    if phase == Phase.PENDING:
        memory.pending[a] += 1
        memory.latest[a] = c
    elif phase in IN_HAND:
        memory.hand[a] = c
    elif phase in SUSPENDED:
        memory.suspended[a] = c
    elif phase == Phase.SHARED:
        memory.sharing[a] += 1
        memory.beside_since[a] = until
        memory.left[c] = left
    if memory.moves:
        memory.ends[c] = -1 if phase == Phase.SHARED else until


def _finishing(kernel: ModuleType, memory: Any, now: int) -> None:
    """Who keeps sessions in the overrun."""
    plan = memory.plan
    keeps = (memory.shift >= 0) & (memory.duty == kernel.OFF) & (memory.sessions > 0) & ~plan.hand_over[plan.team]
    keep = np.flatnonzero(keeps)
    finishing = keep[now < plan.shift_end[memory.shift[keep]] + plan.overrun[plan.team[keep]]]
    memory.duty[finishing] = kernel.FINISHING
    memory.kept[finishing] = memory.shift[finishing]


# --- contacts -----------------------------------------------------------------------------------------------------


def _contacts(kernel: ModuleType, memory: Any, state: State) -> list[I64]:
    """Where the contacts stand; what comes of it : int64[3, events], time, kind and contact."""
    log, plan = memory.log, memory.plan
    workload = memory.work._replace(queue=log.queue)
    c, phase, until = state.contact, state.phase, state.until
    memory.queue[c], memory.own[c] = workload.queue[c], state.agent
    memory.gives_up[c], memory.resumes[c] = state.handed_over, False
    memory.due[c], memory.bound_until[c] = state.due, until
    begun = phase != Phase.TO_COME
    memory.state[c[begun]] = _states(kernel)[phase[begun]]
    resolved = log.outcome[c] == Outcome.RESOLVED
    word = np.where(begun, log.first_turn[c] + log.turns[c] - 1, 0)
    is_open = begun & ~(resolved & workload.closing[word])  # 6.20
    memory.alive[:] = np.bincount(workload.queue[c[is_open]], minlength=memory.queues)
    memory.number[kernel.ALIVE] = begun.sum()
    talks = c[phase > Phase.WITH_BOT]
    memory.turn[talks] = log.messages[talks] - 1
    memory.slot[talks] = log.first_turn[talks] + memory.turn[talks]
    memory.since[talks] = log.message[memory.slot[talks]]
    first = talks[(memory.turn[talks] == 0) & plan.carry_wait[workload.queue[talks]]]
    memory.since[first] -= _carried(log, workload, first)
    decided = log.outcome[c] != Outcome.NONE

    for q in np.flatnonzero(plan.bot_places < NEVER):
        ends = np.sort(until[(phase == Phase.WITH_BOT) & (workload.queue[c] == q)])[-plan.bot_places[q] :]
        memory.bot_free[q, : len(ends)] = ends  # the last to end are those that keep the places

    unassigned = c[among(phase, UNASSIGNED)]
    memory.waiting[:] = np.bincount(workload.queue[unassigned], minlength=memory.queues)
    unheld = c[among(phase, UNASSIGNED) & (phase != Phase.HELD)]
    memory.unheld[:] = np.bincount(workload.queue[unheld], minlength=memory.queues)
    for row in np.flatnonzero(among(phase, IN_SESSION)).tolist():
        _keep(memory, int(c[row]), int(state.agent[row]), int(phase[row]), int(until[row]), state.left[row])

    silent = among(phase, (Phase.SILENT, Phase.AWAY))
    vain, goes_on = c[silent & decided & ~resolved], silent & (~decided | resolved)
    reminded = np.repeat(unheld, memory.afters.shape[1])
    impatient = among(phase, UNSTARTED) & ~decided
    return [
        _events(log.arrival[c[~begun]], Event.ARRIVAL, c[~begun]),
        _events(until[phase == Phase.WITH_BOT], Event.BOT_ENDS, c[phase == Phase.WITH_BOT]),
        _events(until[phase == Phase.BOUND], Event.SAME_AGENT_OVER, c[phase == Phase.BOUND]),
        _events(until[among(phase, IN_HAND)], Event.WORK_ENDS, c[among(phase, IN_HAND)]),
        _events(state.due[impatient], Event.PATIENCE_ENDS, c[impatient]),
        _events(memory.since[reminded] + memory.afters[workload.queue[unheld]].ravel(), Event.OVERFLOW_DUE, reminded),
        _events(log.reply[memory.slot[vain]] + plan.idle_timeout[workload.queue[vain]], Event.IDLE_TIMEOUT, vain),
        *_silences(memory, c[goes_on], np.where(phase == Phase.SILENT, until, 0)[goes_on]),
    ]


def _carried(log: Log, workload: Workload, c: I32) -> I64:
    """The time of the contacts before these that their first turn brings with it (4)."""
    total, before, again = np.zeros(len(c), np.int64), c, (Link.TRANSFER, Link.RETRY)
    while (follows := np.isin(workload.link[before], again)).any():
        before = np.where(follows, log.parent[before], before)
        total += np.where(follows, log.left[before] - log.arrival[before], 0)
    return total


def _events(time: I64, kind: int, contact: I32 | I64) -> I64:
    return np.array([time, np.full(len(contact), kind, np.int64), contact], np.int64)


@cache
def _states(kernel: ModuleType) -> I64:
    """The kernel's codes by phase; of what is to come there is none."""
    names = ("DONE", *(phase.name for phase in Phase if phase not in (Phase.TO_COME, Phase.SILENT, Phase.AWAY)))
    return np.array([getattr(kernel, name) for name in (*names, "IDLE", "AWAY")], np.int64)


def _silences(memory: Any, c: I32, parked: I64) -> list[I64]:
    """What the replies of these set going (2.6, 6.5), as `await_customer` does; they are parked then, 0: not known."""
    plan, workload, slot = memory.plan, memory.work, memory.slot[c]
    q, reply, comeback = memory.log.queue[c], memory.log.reply[slot], workload.comeback[slot]
    answer, timeout = reply + workload.latency[slot], reply + plan.idle_timeout[q]
    persistent = plan.persistent[q]
    timeout = np.where(persistent & (parked > 0), parked, timeout)
    lost = ~persistent & (answer <= timeout) & (comeback >= 0)
    for_good = lost & (comeback == NEVER)
    comes = np.where(lost & ~for_good, answer + np.minimum(comeback, NEVER - 1), answer)
    task = workload.outbound[c] & (memory.turn[c] == 0)
    word = memory.log.outcome[c] == Outcome.RESOLVED  # 6.20: nothing ends before it comes
    expiry = np.maximum(reply, np.where(task, reply, memory.log.message[slot]) + plan.expires_after[q])
    expiry[word] = NEVER
    in_time = np.where(persistent, comes <= expiry, (comes <= timeout) | for_good | word)
    out = np.where(persistent, np.minimum(comes, expiry + 1) > timeout, ((comes > timeout) | for_good) & ~word)
    expires = persistent & (comes > expiry)
    return [
        _events(comes[in_time], Event.MESSAGE, c[in_time]),
        _events(timeout[out], Event.IDLE_TIMEOUT, c[out]),
        _events(expiry[expires], Event.EXPIRY, c[expires]),
    ]


def _line(kernel: ModuleType, memory: Any, c: int) -> int:
    """The line of the waiting contact c, whose state may be more exact for it."""
    q, a = memory.queue[c], memory.own[c]
    if memory.state[c] == kernel.WAITING:
        exempt = a >= 0 and memory.conditional[memory.plan.team[a], q]
        if memory.outbound and memory.work.outbound[c] and memory.turn[c] == 0:
            memory.state[c] = kernel.EXEMPT_TASK if exempt else kernel.TASK
        elif exempt:
            memory.state[c] = kernel.EXEMPT
    state = int(memory.state[c])  # as in `line_of`
    return int(kernel.LINES * q + state if state >= 0 else (kernel.LINES - 1 - state) * memory.queues + q)


def _lines(kernel: ModuleType, memory: Any, state: State) -> None:
    """Those who wait stand in their lines."""
    waiting = state.contact[among(state.phase, UNASSIGNED)]
    lines: dict[int, list[int]] = {}
    for c in waiting[np.lexsort((waiting, memory.since[waiting]))].tolist():
        lines.setdefault(_line(kernel, memory, c), []).append(c)
    for line, contacts in lines.items():
        _line_up(kernel, memory, line, contacts)


def _line_up(kernel: ModuleType, memory: Any, line: int, contacts: list[int]) -> None:
    memory.first[line], memory.last[line] = contacts[0], contacts[-1]
    for ahead, c, behind in zip([-1, *contacts], contacts, [*contacts[1:], -1], strict=False):
        memory.before[c], memory.after[c] = ahead, behind
        if memory.state[c] in (kernel.EXEMPT, kernel.BOUND, kernel.EXEMPT_TASK):
            a = memory.own[c]
            memory.last_own[c], memory.next_own[c] = -1, memory.claim[a]
            if memory.claim[a] >= 0:
                memory.last_own[memory.claim[a]] = c
            memory.claim[a] = c


# --- queues and the calendar --------------------------------------------------------------------------------------


def _queues(kernel: ModuleType, memory: Any, state: State) -> None:
    """Hours by the clock, reservations, the integrals so far, and the last starts of work (6.8)."""
    plan, log, now = memory.plan, memory.log, state.at - 1
    for q in range(memory.queues):
        for is_on, offset, begins, ends in (
            (memory.open, plan.hours_offset, plan.opens, plan.closes),
            (memory.bot, plan.bot_offset, plan.bot_opens, plan.bot_closes),
        ):
            spans = slice(offset[q], offset[q + 1])
            is_on[q] = _within(begins[spans], ends[spans], now).any()
    memory.reserves[:] = ((plan.rank >= 0) & (plan.reserved & (memory.unheld > 0))).sum(axis=1)
    clipped = min(max(state.at, plan.warm_up), plan.end)
    log.queue_area[:] -= memory.waiting * clipped
    log.open_area[:] -= memory.alive * clipped
    if memory.calls_back:
        begun = np.flatnonzero(state.log.first_turn >= 0)
        start = state.log.start[state.log.first_turn[begun]]
        counts = (start < NEVER) & ~(log.called_back[begun] & memory.work.no_answer[begun])
        for q in range(memory.queues):
            starts = np.sort(start[counts & (memory.log.queue[begun] == q)])[-kernel.STARTS :]
            memory.starts[q, : len(starts)] = starts
            memory.started[q] = len(starts)


def _timetable(kernel: ModuleType, memory: Any, events: I64, state: State) -> dict[str, Any]:
    """What of it is to come, with `events`."""
    more = events[:, (events[0] >= state.at - 1) & (events[0] <= memory.plan.drain_end)].T
    later = memory.table_time >= state.at
    time = np.concatenate([memory.table_time[later], more[:, 0]])
    code = np.concatenate([memory.table_code[later], (more[:, 1] << kernel.ID_BITS) | more[:, 2]])
    order = np.lexsort((code, time))  # stable: of one time and code as they were
    nothing = np.zeros(len(more), np.int64)
    return {
        "table_time": time[order],
        "table_code": code[order],
        "table_what": np.concatenate([memory.table_what[later], nothing])[order].astype(np.int8),
        "table_row": np.concatenate([memory.table_row[later], nothing])[order].astype(np.int32),
    }
