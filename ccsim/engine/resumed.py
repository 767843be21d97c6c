"""The compiled engine's memory in a state (docs/model.md, section 9): everything stands where it stood.

What is to end, or to come, of what is under way becomes entries of the timetable, which is sorted before the run.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

import numpy as np

from ccsim.engine.events import Event
from ccsim.tables import (
    I64,
    IN_HAND,
    IN_SESSION,
    NEVER,
    SUSPENDED,
    UNASSIGNED,
    UNSTARTED,
    Bool,
    Log,
    Outcome,
    Phase,
    State,
    Workload,
)

SETTLE: Final = int(Event.HORIZON) + 1
"""A kind of event of which nothing comes but that the system is settled."""


def resumed(kernel: ModuleType, memory: Any, state: State) -> Any:
    """The memory of a run before its first event, as `state` has it."""
    memory = memory._replace(log=_log(memory.log, memory.work, state), **_room(memory, state))
    _agents(kernel, memory, state)
    events: list[tuple[int, int, int]] = [(state.at - 1, SETTLE, 0)]
    lines: dict[int, list[int]] = {}
    for row in zip(*(column.tolist() for column in state[2:-1]), strict=True):
        _contact(kernel, memory, events, lines, *row)
    _finishing(kernel, memory, state.at - 1)
    for line, contacts in lines.items():
        _line_up(kernel, memory, line, sorted(contacts, key=lambda c: (memory.since[c], c)))
    _queues(kernel, memory, state)
    memory.number[kernel.ROOT] = int(((memory.work.link == 0) & (np.maximum(memory.work.arrival, 0) < state.at)).sum())
    return memory._replace(**_timetable(kernel, memory, [event for event in events if event[0] >= state.at - 1], state))


# --- the log ------------------------------------------------------------------------------------------------------


def _log(empty: Log, workload: Workload, state: State) -> Log:
    """The log so far with room for more; roots to come are in it already, as the kernel wants them."""
    past = state.log
    to_come = (workload.link == 0) & (np.maximum(workload.arrival, 0) >= state.at)
    log = past._replace(
        **{name: np.array(column) for name, column in past._asdict().items()},
    )
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
        paused = shift[_within(start, end, now) & workload.present[shift]]
        memory.duty[plan.shift_agent[paused]] = kernel.PAUSED
    memory.attends[:] = (memory.duty == kernel.ON) | (memory.duty == kernel.WINDING_DOWN)
    memory.idle[:] = state.idle_since
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


def _keep(kernel: ModuleType, memory: Any, c: int, a: int, phase: int, until: int, left: float) -> None:
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
    plan, shift = memory.plan, np.maximum(memory.shift, 0)
    keeps = (memory.shift >= 0) & (memory.duty == kernel.OFF) & (memory.sessions > 0) & ~plan.hand_over[plan.team]
    finishing = np.flatnonzero(keeps & (now < plan.shift_end[shift] + plan.overrun[plan.team]))
    memory.duty[finishing] = kernel.FINISHING
    memory.kept[finishing] = memory.shift[finishing]


# --- contacts -----------------------------------------------------------------------------------------------------


def _contact(
    kernel: ModuleType,
    memory: Any,
    events: list[tuple[int, int, int]],
    lines: dict[int, list[int]],
    c: int,
    phase: int,
    a: int,
    until: int,
    due: int,
    left: float,
    handed_over: bool,
) -> None:
    """Where a contact stands, and what comes of it."""
    workload, log = memory.work, memory.log
    q = workload.queue[c]
    memory.queue[c], memory.own[c], memory.gives_up[c], memory.resumes[c] = q, a, handed_over, False
    if phase == Phase.TO_COME:
        events.append((log.arrival[c], Event.ARRIVAL, c))
        return
    memory.alive[q] += 1
    memory.number[kernel.ALIVE] += 1
    memory.state[c] = _STATES[Phase(phase)](kernel)
    if phase == Phase.WITH_BOT:
        events.append((until, Event.BOT_ENDS, c))
        return
    memory.turn[c] = log.messages[c] - 1
    memory.slot[c] = log.first_turn[c] + memory.turn[c]
    memory.since[c] = log.message[memory.slot[c]]
    memory.due[c] = due
    memory.bound_until[c] = until
    decided = log.outcome[c] != Outcome.NONE
    if phase in UNSTARTED and not decided:
        events.append((due, Event.PATIENCE_ENDS, c))
    if phase in UNASSIGNED:
        lines.setdefault(_line(kernel, memory, c), []).append(c)
        memory.waiting[q] += 1
        if phase != Phase.HELD:
            memory.unheld[q] += 1
            events += [(memory.since[c] + after, Event.OVERFLOW_DUE, c) for after in memory.afters[q].tolist()]
        if phase == Phase.BOUND:
            events.append((until, Event.SAME_AGENT_OVER, c))
    elif phase in IN_SESSION:
        _keep(kernel, memory, c, a, phase, until, left)
        if phase in IN_HAND:
            events.append((until, Event.WORK_ENDS, c))
    if phase in (Phase.SILENT, Phase.AWAY):
        if decided:
            events.append((log.reply[memory.slot[c]] + memory.plan.idle_timeout[q], Event.IDLE_TIMEOUT, c))
        else:
            events += _silence(memory, c, q)


_STATES: Final[dict[Phase, Any]] = {
    Phase.WITH_BOT: lambda kernel: kernel.WITH_BOT,
    Phase.WAITING: lambda kernel: kernel.WAITING,
    Phase.BOUND: lambda kernel: kernel.BOUND,
    Phase.HELD: lambda kernel: kernel.HELD,
    Phase.PENDING: lambda kernel: kernel.PENDING,
    Phase.RINGING: lambda kernel: kernel.RINGING,
    Phase.WORKING: lambda kernel: kernel.WORKING,
    Phase.WRAPPING: lambda kernel: kernel.WRAPPING,
    Phase.IN_VAIN: lambda kernel: kernel.IN_VAIN,
    Phase.SHARED: lambda kernel: kernel.SHARED,
    Phase.SUSPENDED: lambda kernel: kernel.SUSPENDED,
    Phase.SUSPENDED_WRAPPING: lambda kernel: kernel.SUSPENDED_WRAPPING,
    Phase.SILENT: lambda kernel: kernel.IDLE,
    Phase.AWAY: lambda kernel: kernel.AWAY,
}


def _silence(memory: Any, c: int, q: int) -> list[tuple[int, int, int]]:
    """What the reply set going (2.6, 6.5), as `await_customer` does."""
    plan, workload, slot = memory.plan, memory.work, memory.slot[c]
    reply = memory.log.reply[slot]
    answer, timeout = reply + workload.latency[slot], reply + plan.idle_timeout[q]
    if not plan.persistent[q]:
        comeback = workload.comeback[slot]
        if answer > timeout or comeback < 0:
            return [(timeout, Event.IDLE_TIMEOUT, c) if answer > timeout else (answer, Event.MESSAGE, c)]
        if comeback == NEVER:
            return [(answer, Event.MESSAGE, c), (timeout, Event.IDLE_TIMEOUT, c)]
        back = answer + comeback
        return [(back, Event.MESSAGE, c) if back <= timeout else (timeout, Event.IDLE_TIMEOUT, c)]
    task = workload.outbound[c] and memory.turn[c] == 0
    expiry = max(reply, (reply if task else memory.since[c]) + plan.expires_after[q])
    comes = (answer, Event.MESSAGE, c) if answer <= expiry else (expiry, Event.EXPIRY, c)
    return [comes, (timeout, Event.IDLE_TIMEOUT, c)] if min(answer, expiry + 1) > timeout else [comes]


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
            starts = np.sort(start[counts & (memory.work.queue[begun] == q)])[-kernel.STARTS :]
            memory.starts[q, : len(starts)] = starts
            memory.started[q] = len(starts)


def _timetable(kernel: ModuleType, memory: Any, events: list[tuple[int, int, int]], state: State) -> dict[str, Any]:
    """What of it is to come, with `events` (time, kind, contact)."""
    horizon = memory.plan.drain_end
    more = np.array([event for event in events if event[0] <= horizon], np.int64)
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
