"""The compiled engine: gives the kernel its memory, and what it leaves there the order of a log."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
from collections.abc import Iterable
from contextlib import suppress
from functools import cache, lru_cache
from types import ModuleType
from typing import Any, Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from ccsim.engine import compilation
from ccsim.engine.events import Event
from ccsim.engine.resumed import resumed
from ccsim.routing import AgentColumn, kept_in_order
from ccsim.tables import I32, I64, NEVER, Bool, Link, Log, OnlyItself, Outcome, Outside, Plan, State, Workload

ROOM = 1024
"""Events that the tree, and stretches beyond two a contact, have room for at first: a power of two, then doubled."""

ROOT: Final = int(Link.ROOT)

NO_OUTCOME: Final = int(Outcome.NONE)

KEPT = 1 << 29
"""Bytes that the process keeps at most for the next replication when one is done."""


def simulate(workload: Workload, plan: Plan, state: State | None = None, jit: bool = True) -> Log:
    """What happens in one replication; the same log, bit for bit, as the reference engine's.

    The first call compiles (some twenty seconds) unless the kernel is in the user's cache folder (see compilation.py).
    `jit=False` runs the same source as plain Python: a thousand times slower, for coverage and debugger.
    Releases the GIL while it runs. Raises MemoryError.
    """
    kernel = _kernel(jit)
    root = workload.link == ROOT
    memory = _memory(kernel, workload, plan, root)
    if state is not None:
        memory = resumed(kernel, memory, state)
    roots = int(np.count_nonzero(root))
    while not kernel.run(memory, roots):
        memory = _with_more_room(kernel, memory)
    return _canonical(kernel, memory)


def compile_all(workload: Workload, plan: Plan) -> None:
    """Leaves the kernel compiled in the cache folder; the tables need no rows."""
    log = simulate(workload, plan)
    _kernel(jit=True).stretches_by_contact(log, log, np.zeros(1, np.int64))


# --- loading the kernel -------------------------------------------------------------------------------------------


@cache
def _kernel(jit: bool) -> ModuleType:
    """The kernel's module, compiled or plain: its functions are decorated according to the name it is loaded under."""
    name = "ccsim.engine.kernel"
    if not jit:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        plain = importlib.util.spec_from_file_location(name + "_in_python", spec.origin)
        assert plain is not None
        assert plain.loader is not None
        module = importlib.util.module_from_spec(plain)
        plain.loader.exec_module(module)
        return module

    import numba

    _keep_memory()
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(compilation.folder())  # read when a function is decorated
    try:
        return importlib.import_module(name)
    finally:
        config.CACHE_DIR = before


def _keep_memory() -> None:
    """Has the C library keep what one replication frees for the next, where it is one that can be told so (glibc).

    Otherwise it gives large arrays back, and the operating system clears every page anew when it is first touched:
    a tenth of the time of a million calls with their metrics.
    """
    trim_threshold, mmap_threshold = -1, -3  # of malloc.h
    with suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        if mallopt(mmap_threshold, KEPT):
            mallopt(trim_threshold, KEPT)


# --- memory -------------------------------------------------------------------------------------------------------


def _memory(kernel: ModuleType, workload: Workload, plan: Plan, root: Bool) -> Any:
    """The kernel's memory before the first event; `root` says which contacts are the first of their chain."""
    workload = _plain(workload)
    setting = _setting(kernel, OnlyItself(plan))
    contacts, turns = len(workload.queue), len(workload.work)
    outbound = _some(workload.outbound)
    lines = (kernel.LINES + outbound * kernel.TASK_LINES) * setting.constant["queues"]

    log = _empty_log(workload, plan, turns, root)

    given = dict(
        setting.constant,
        work=workload,
        log=log,
        seekers=np.empty(contacts, np.int32),
        ends=np.empty(contacts * setting.constant["moves"], np.int64),
        left=np.empty(contacts * setting.constant["shares"], np.float64),
        first=_none(lines),
        last=_none(lines),
        cursor=_none(lines),
        stopped=np.zeros(lines, np.bool_),
        contacts=contacts,
        lines=lines,
        tree_room=ROOM,
        stretch_room=len(log.stretch_contact),
        suspension_room=len(log.suspended_contact),
        automated=_some(workload.deflected) or _some(workload.bot_time >= 0) or _some(workload.bot_repeats),
        drops=_some(workload.comeback != -1),
        words=_some(workload.closing),
        outbound=outbound,
    )
    for name, array in setting.fresh.items():
        given[name] = array.copy()
    given.update(_timetable(kernel, workload, plan, setting), **_records(contacts))
    return kernel.Memory._make(map(given.__getitem__, kernel.Memory._fields))  # a hundred keywords take longer


def _some(which: NDArray[Any]) -> bool:
    """Whether any is not 0 or false; `any` calls Python."""
    return bool(np.count_nonzero(which))


class _Setting(NamedTuple):
    """What the memories of all replications of a plan have in common."""

    constant: dict[str, Any]
    """never written to"""
    fresh: dict[str, NDArray[Any]]
    """what each begins with a copy of"""
    timetable: _Timetable
    """without anybody stepping out"""


@lru_cache(maxsize=4)
def _setting(kernel: ModuleType, known: OnlyItself[Plan]) -> _Setting:
    plan = _plain(known.value)
    queues, agents = len(plan.priority), len(plan.team)
    teams = len(plan.hand_over)
    shared = plan.shared_offset[1:] > plan.shared_offset[:-1]
    interrupts = bool(plan.interrupts.any())
    places = int(plan.bot_places[plan.bot_places < NEVER].max(initial=1))

    skill = plan.rank >= 0
    conditional = skill & ((plan.overflow_after > 0) | (plan.longer_than >= 0))
    columns = [column for column in plan.agent_order if column != AgentColumn.RANK]
    senses = {int(AgentColumn.LOAD): 1, int(AgentColumn.MINUS_LOAD): -1}
    constant = {
        "plan": plan,
        "holds": (plan.outside == Outside.HOLD) | ((plan.outside == Outside.BOT) & plan.persistent),
        "shared": shared,
        "by_length": (skill & (plan.longer_than >= 0)).any(axis=0),
        "afters": _ragged(
            [
                np.unique(plan.overflow_after[conditional[:, q] & (plan.overflow_after[:, q] > 0), q])
                for q in range(queues)
            ],
            NEVER,
        ),
        "helpers": _ragged(
            [[t for t in np.argsort(plan.rank[:, q], kind="stable") if skill[t, q]] for q in range(queues)], -1
        ).astype(np.int32),
        "skills": _ragged([np.flatnonzero(skill[t]) for t in range(teams)], -1).astype(np.int32),
        "conditional": conditional,
        "step": np.array([max(1, np.gcd.reduce(plan.units[t][skill[t]], initial=0)) for t in range(teams)], np.int64),
        "queues": queues,
        "agents": agents,
        "agent_columns": len(plan.agent_order),
        "contact_columns": len(plan.contact_order),
        "message_columns": len(plan.attention_order),
        "load_sense": next((senses.get(int(column), 0) for column in columns), 0),
        "by_idle": AgentColumn.IDLE_SINCE in columns,
        "compares_all": not kept_in_order(plan.agent_order.tolist()),
        "at_random": AgentColumn.RANDOM in columns,
        "calls_back": bool((plan.offer_above < NEVER).any()),
        "carries": bool(plan.carry_wait.any()),
        "keeps": bool((plan.keep_idle > 0).any()),
        "balks": bool((plan.told_place > 0).any()),
        "joins": len(plan.alternative) > 0,
        "grows": len(plan.grows_by) > 0,
        "interrupts": interrupts,
        "shares": bool(shared.any()),
        "moves": bool(interrupts or shared.any()),
    }
    fresh = {
        "number": _first_numbers(kernel),
        "tree": np.where(np.arange(2 * ROOM) == kernel.TIME, NEVER, 0),
        "code": np.zeros(ROOM, np.int64),
        "free": np.zeros(ROOM, np.int32),
        "open": np.zeros(queues, np.bool_),
        "bot": np.zeros(queues, np.bool_),
        "bot_free": np.zeros((queues, places), np.int64),
        "starts": np.zeros((queues, kernel.STARTS), np.int64),
        "started": np.zeros(queues, np.int64),
        "waiting": np.zeros(queues, np.int64),
        "unheld": np.zeros(queues, np.int64),
        "alive": np.zeros(queues, np.int64),
        "look": np.zeros(queues, np.bool_),
        "reserves": np.zeros(teams, np.int64),
        "most": plan.most_units,
        "room": np.zeros(teams, np.int64),
        "top": np.full((teams, plan.capacity), -1, np.int32),
        "tail": np.full((teams, plan.capacity), -1, np.int32),
        "duty": np.full(agents, kernel.OFF, np.int8),
        "winds_down": np.zeros(agents, np.bool_),
        "shift": _none(agents),
        "kept": _none(agents),
        "attends": np.zeros(agents, np.bool_),
        "load": np.zeros(agents, np.int64),
        "sessions": np.zeros(agents, np.int32),
        "session": _none(agents),
        "call": np.zeros(agents, np.bool_),
        "pending": np.zeros(agents, np.int32),
        "latest": _none(agents),
        "hand": _none(agents),
        "suspended": _none(agents),
        "suspension": _none(agents),
        "sharing": np.zeros(agents, np.int32),
        "beside": np.zeros(agents, np.int64),
        "beside_since": np.zeros(agents, np.int64),
        "idle": np.zeros(agents, np.int64),
        "rested": np.zeros(agents, np.int64),
        "claim": _none(agents),
        "child": _none(agents),
        "sibling": _none(agents),
        "parent": _none(agents),
        "level": np.full(agents, -1, np.int64),
        "present": np.full(agents, NEVER, np.int64),
        "present_shift": _none(agents),
        "gains": np.zeros(agents, np.bool_),
        "is_ready": np.zeros(agents, np.bool_),
        "gained": _none(agents),
        "ready": _none(agents),
    }
    nobody = np.empty(0, np.int64)
    return _Setting(constant, fresh, _rows_by_the_clock(kernel, plan, nobody.astype(np.int32), nobody, nobody))


def _none(size: int) -> NDArray[np.int32]:
    numbers = np.empty(size, np.int32)
    numbers.fill(-1)
    return numbers


def _never(columns: int, rows: int) -> I64:
    times = np.empty((columns, rows), np.int64)
    times.fill(NEVER)
    return times


RECORD: Final = np.dtype([
    (name, dtype)
    for dtype, names in (
        (np.int64, "since due bound_until"),
        (np.int32, "own queue turn slot after before next_own last_own stretch"),
        (np.int8, "state"),
        (np.bool_, "resumes gives_up"),
    )
    for name in names.split()
])  # fmt: skip
"""What the kernel remembers of a contact in one line of the processor's cache, of LINE bytes."""

LINE: Final = 64


def _records(contacts: int) -> dict[str, Any]:
    """The columns of records: a field of each."""
    count = max(contacts, 2)  # numpy says of fewer that they have no gaps between them
    room = np.empty((count + 1) * LINE, np.uint8)
    records: NDArray[Any] = np.ndarray(count, RECORD, room, -room.ctypes.data % LINE, (LINE,))
    return {name: records[name] for name in RECORD.names or ()}


def _plain(table: Any) -> Any:
    """The table as the kernel was compiled for: contiguous, writable arrays of the declared types, Python's numbers."""
    return type(table)(*(
        int(value) if not isinstance(value, np.ndarray)
        else value if value.flags.carray
        else np.require(value, requirements=["C", "W"])
        for value in table
    ))  # fmt: skip


def _ragged(rows: list[Any], fill: int) -> I64:
    """Rows of different lengths as one array, at least one column wide."""
    array = np.full((len(rows), max([1, *(len(row) for row in rows)])), fill, np.int64)
    for i, row in enumerate(rows):
        array[i, : len(row)] = row
    return array


def _first_numbers(kernel: ModuleType) -> I64:
    numbers = np.zeros(kernel.NUMBERS, np.int64)
    numbers[kernel.FREE] = 1
    numbers[kernel.FRESH] = -1
    numbers[kernel.FREED] = -1
    return numbers


class _Timetable(NamedTuple):
    """All that happens by the clock, up to the horizon, in the order of events."""

    time: I64
    code: I64
    what: NDArray[np.int8]
    row: I32
    shift: I64
    """whose it is, -1: nobody's"""


def _timetable(kernel: ModuleType, workload: Workload, plan: Plan, setting: _Setting) -> dict[str, Any]:
    """What happens by the clock to those who are present."""
    table = setting.timetable
    if len(workload.out_shift):
        table = _rows_by_the_clock(kernel, plan, workload.out_shift, workload.out_start, workload.out_end)
    columns: list[Any] = list(table[:4])
    if not workload.present.all():
        there = np.append(workload.present, True)[table.shift]
        columns = [column[there] for column in columns]
    return dict(zip(("table_time", "table_code", "table_what", "table_row"), columns, strict=True))


def _rows_by_the_clock(kernel: ModuleType, plan: Plan, out_shift: I32, out_start: I64, out_end: I64) -> _Timetable:
    """As if nobody were absent, with these who step out."""
    pieces: list[I64] = []

    def add(time: Any, kind: int, queue: Any, what: Any, row: Any, agent: Any = 0, shift: Any = -1) -> None:
        piece = np.empty((7, len(time)), np.int64)
        for i, values in enumerate((time, kind, queue, agent, what, row, shift)):
            piece[i] = values
        pieces.append(piece)

    queue_of_span = np.repeat(np.arange(len(plan.priority)), np.diff(plan.hours_offset))
    add(plan.closes, kernel.BY_THE_CLOCK, queue_of_span, kernel.HOURS_END, 0)
    add(plan.opens, kernel.BY_THE_CLOCK, queue_of_span, kernel.HOURS_BEGIN, 0)
    add(plan.closes, Event.QUEUE_CLOSES, queue_of_span, 0, 0)
    add(plan.opens, Event.QUEUE_OPENS, queue_of_span, 0, 0)
    queue_of_span = np.repeat(np.arange(len(plan.priority)), np.diff(plan.bot_offset))
    add(plan.bot_closes, kernel.BY_THE_CLOCK, queue_of_span, kernel.BOT_GOES, 0)
    add(plan.bot_opens, kernel.BY_THE_CLOCK, queue_of_span, kernel.BOT_COMES, 0)

    shift, agent = np.arange(len(plan.shift_agent)), plan.shift_agent
    end = np.minimum(plan.shift_end, plan.drain_end + 1)
    overrun_over = end + np.minimum(plan.overrun[plan.team[agent]], plan.drain_end + 1)
    starts_paused = np.isin(shift, plan.pause_shift[plan.pause_start == plan.shift_start[plan.pause_shift]])
    begins = np.where(starts_paused, kernel.SHIFT_BEGINS_PAUSED, kernel.SHIFT_BEGINS)
    pause_shift = np.concatenate([plan.pause_shift, out_shift])
    pause_start, pause_end = np.concatenate([plan.pause_start, out_start]), np.concatenate([plan.pause_end, out_end])
    on_pause = agent[pause_shift]
    back = pause_end < plan.shift_end[pause_shift]
    for leave, come in ((kernel.BY_THE_CLOCK, kernel.BY_THE_CLOCK), (Event.AGENTS_LEAVE, Event.AGENTS_COME)):
        add(end, leave, 0, kernel.SHIFT_ENDS, shift, agent, shift)
        add(overrun_over, leave, 0, kernel.OVERRUN_OVER, shift, agent, shift)
        add(plan.shift_start, come, 0, begins, shift, agent, shift)
        add(pause_end[back], come, 0, kernel.PAUSE_ENDS, pause_shift[back], on_pause[back], pause_shift[back])
    add(pause_start, kernel.BY_THE_CLOCK, 0, kernel.PAUSE_BEGINS, pause_shift, on_pause, pause_shift)
    before_pause = plan.wind_down_shift
    for time, what in (
        (plan.wind_down_start, kernel.WIND_DOWN_BEGINS),
        (plan.wind_down_end, kernel.WIND_DOWN_ENDS),
    ):
        add(time, kernel.BY_THE_CLOCK, 0, what, before_pause, agent[before_pause], before_pause)

    limits = np.arange(len(plan.limit_time))
    for kind in (kernel.BY_THE_CLOCK, Event.AGENTS_COME):
        add(plan.limit_time, kind, 0, kernel.LIMIT_CHANGES, limits)

    add([plan.drain_end], Event.HORIZON, 0, 0, 0)
    time, kind, queue, agents, what, row, whose = np.concatenate(pieces, axis=1)
    order = np.lexsort((what, agents, queue, kind, time))
    order = order[time[order] <= plan.drain_end]
    return _Timetable(
        time[order],
        (kind[order] << kernel.ID_BITS) | queue[order],
        what[order].astype(np.int8),
        row[order].astype(np.int32),
        whose[order],
    )


def _empty_log(workload: Workload, plan: Plan, turns: int, root: Bool) -> Log:
    """A log in which nothing has happened yet; two stretches a contact and ROOM, and all that presences may need."""
    contacts, queues = len(workload.queue), len(plan.priority)
    presences = 2 * len(plan.shift_start) + len(plan.pause_start) + len(workload.out_start)
    left, closed = _never(2, contacts)
    message, start, reply = _never(3, turns)
    outcome = np.empty(contacts, np.int8)
    outcome.fill(NO_OUTCOME)
    return Log(
        queue=workload.queue.copy() if len(plan.alternative) else workload.queue,
        outcome=outcome,
        arrival=workload.arrival.copy(),
        parent=_none(contacts),
        first_turn=np.where(root, workload.first_turn, -1),
        turns=workload.turns.copy(),
        messages=np.zeros(contacts, np.int32),
        left=left,
        called_back=np.zeros(contacts, np.bool_),
        closed=closed,
        message=message,
        start=start,
        reply=reply,
        agent=_none(turns),
        reread=np.zeros(turns, np.int64),
        **_stretches(2 * contacts + ROOM),
        **_suspensions((contacts + ROOM) * _some(plan.interrupts)),
        presence_shift=np.empty(presences, np.int32),
        presence_start=np.empty(presences, np.int64),
        presence_end=np.empty(presences, np.int64),
        queue_area=np.zeros(queues, np.int64),
        open_area=np.zeros(queues, np.int64),
    )


def _stretches(size: int) -> dict[str, Any]:
    return {
        "stretch_contact": np.empty(size, np.int32),
        "stretch_agent": np.empty(size, np.int32),
        "stretch_since": np.empty(size, np.int64),
        "stretch_start": np.empty(size, np.int64),
        "stretch_end": np.empty(size, np.int64),
    }


def _suspensions(size: int) -> dict[str, Any]:
    return {
        "suspended_contact": np.empty(size, np.int32),
        "suspended_agent": np.empty(size, np.int32),
        "suspended_start": np.empty(size, np.int64),
        "suspended_end": np.empty(size, np.int64),
    }


STRETCHES: Final = tuple(_stretches(0))
SUSPENSIONS: Final = tuple(_suspensions(0))


def _with_more_room(kernel: ModuleType, memory: Any) -> Any:
    """The same memory with twice of whatever has no room for one more event."""
    alive = memory.number[kernel.ALIVE] + 1

    def grown(array: Any) -> Any:
        larger = np.empty(2 * len(array), array.dtype)
        larger[: len(array)] = array
        return larger

    def grown_log(names: Iterable[str]) -> Log:
        return cast(Log, memory.log._replace(**{name: grown(getattr(memory.log, name)) for name in names}))

    if memory.number[kernel.STRETCHES] + alive > memory.stretch_room:
        memory = memory._replace(log=grown_log(STRETCHES), stretch_room=2 * memory.stretch_room)
    if memory.number[kernel.SUSPENSIONS] + alive > memory.suspension_room > 0:
        memory = memory._replace(log=grown_log(SUSPENSIONS), suspension_room=2 * memory.suspension_room)
    if alive > memory.number[kernel.MOST_ALIVE]:
        tables = {name: grown(getattr(memory, name)) for name in ("tree", "code", "free")}
        memory = memory._replace(**tables, tree_room=2 * memory.tree_room)
    return memory


# --- the log ------------------------------------------------------------------------------------------------------


def _canonical(kernel: ModuleType, memory: Any) -> Log:
    """The log in the order that tables.Log says."""
    log: Log = memory.log
    count = int(memory.number[kernel.STRETCHES])
    rows = slice(int(memory.number[kernel.PRESENCES]))
    shift, start = log.presence_shift[rows], log.presence_start[rows]
    order = np.lexsort((start, memory.plan.shift_agent[shift]))
    in_order: dict[str, Any] = {
        "presence_shift": shift[order], "presence_start": start[order], "presence_end": log.presence_end[rows][order],
    }  # fmt: skip
    if len(log.suspended_contact) > 0:
        suspensions = slice(int(memory.number[kernel.SUSPENSIONS]))
        by_contact = np.lexsort((log.suspended_start[suspensions], log.suspended_contact[suspensions]))
        in_order |= {name: getattr(log, name)[suspensions][by_contact] for name in SUSPENSIONS}
    begun = log._replace(**in_order, **{name: getattr(log, name)[:count] for name in STRETCHES})
    if kernel.in_order(begun.stretch_contact):
        return begun
    target = begun._replace(**_stretches(count))
    kernel.stretches_by_contact(begun, target, np.zeros(len(log.outcome) + 1, np.int64))
    return target
