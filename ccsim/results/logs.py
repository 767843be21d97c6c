"""The logs that people read: contacts, turns and agents as tables with names instead of numbers.

Times are microseconds since the scenario's start (`…_us`), empty where the thing never happened; ids of contacts and
agents are those of the engine. Every column says in its metadata what it means.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ccsim.tables import I64, NEVER, Link, Log, MetricSpec, Outcome, Plan, Workload

if TYPE_CHECKING:
    import pyarrow as pa

LOGS: Final = ("contacts", "turns", "agents")
"""The tables of a results folder, each in `<name>.parquet`."""

MEANING: Final[dict[str, dict[str, str]]] = {
    "contacts": {
        "replication": "number of the replication, from 1",
        "contact": "id of the contact",
        "customer": "id of the first contact of its chain: one customer, one matter",
        "parent": "contact that it follows; empty for the first",
        "link": "what it is to its parent: root, transfer, retry, return, reopening",
        "queue": "queue",
        "channel": "channel of the queue",
        "counted": "it arrived between warm-up and end, so that it counts in the metrics",
        "outcome": "how it ended",
        "outbound": "the company writes first",
        "called_back": "accepted a call back",
        "arrival_us": "first message or ring, also to a bot; of an outbound contact when its message is due",
        "entered_us": "when the wait for an agent began: at its arrival or when the bot ended; empty if it never did",
        "answer_us": "start of work on the first turn of a customer's contact while the customer was there",
        "wait_us": "entered to start of work (call back: to dialling), or to leaving or the end of the drain",
        "left_us": "when its outcome was decided: end of the last reply, leaving, timeout",
        "closed_us": "when the centre was done with it, wrap-up and work in vain included",
        "turns": "turns it would take",
        "messages": "messages that the customer sent",
        "replies": "replies that an agent sent",
        "first_agent": "agent of the first answer",
        "last_agent": "agent of the last answer",
        "agents": "different agents who worked on it",
        "session_us": "capacity of agents held, all sessions together",
        "work_us": "focused work on its turns, re-reading included, suspensions not; start to reply where it is shared",
        "reread_us": "re-reading, a part of work_us",
        "wrap_up_us": "wrap-up after the last reply, suspensions not included",
        "suspended_us": "its work in hand was suspended for calls",
    },
    "turns": {
        "replication": "number of the replication, from 1",
        "contact": "id of the contact",
        "turn": "turn of the contact, from 1",
        "queue": "queue",
        "message_us": "when the customer's message came",
        "start_us": "start of work on it",
        "reply_us": "end of the reply",
        "agent": "agent who worked on it",
        "reread_us": "re-reading, the first part of the work",
        "in_vain": "the customer had gone without a word before work began, or did not pick up",
    },
    "agents": {
        "replication": "number of the replication, from 1",
        "agent": "id of the agent",
        "team": "team",
        "start_us": "from",
        "end_us": "until",
        "activity": "present, overtime (present after the shift's end), pause, absent, session (capacity held), ring, "
        "reread, work (without re-reading; several at once if it is shared), wrap_up, suspended (between the parts of "
        "reread, work and wrap_up)",
        "contact": "contact concerned",
    },
}


def tables(replication: int, plan: Plan, spec: MetricSpec, workload: Workload, log: Log) -> dict[str, pa.Table]:
    """The three tables of one replication, by name; rows by contact, by (contact, turn) and by (agent, start)."""
    workload = workload._replace(queue=log.queue)  # as it has joined (6.23)
    turns = _Turns(log)
    work = _Work.of(log, turns)
    columns = {
        "contacts": _contacts(plan, spec, workload, log, turns, work),
        "turns": _turns(spec, workload, log, turns),
        "agents": _agents(plan, spec, workload, log, work),
    }
    return {name: _table(name, replication, columns[name]) for name in LOGS}


def as_array(column: pa.ChunkedArray, missing: int | None = None) -> NDArray[Any]:
    """A column of a log: numbers, truths, or texts as objects; `missing` in place of what is empty, or else NaN.

    From its bytes, as `to_numpy` and `fill_null` would import pandas, which takes longer than most charts.
    """
    import pyarrow as pa

    array = column.combine_chunks()
    if pa.types.is_dictionary(array.type):
        names = np.array(array.dictionary.to_pylist(), dtype=object)
        texts: NDArray[Any] = names[as_array(pa.chunked_array([array.indices]))]
        return texts
    known, content = array.buffers()
    places = slice(array.offset, array.offset + len(array))

    def flags(bits: pa.Buffer) -> NDArray[np.bool_]:
        return np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")[places].astype(np.bool_)

    if pa.types.is_boolean(array.type):
        return flags(content)
    values: NDArray[Any] = np.frombuffer(content, array.type.to_pandas_dtype())[places]
    if not array.null_count:
        return values
    return np.where(flags(known), values, math.nan if missing is None else missing)


class _Turns:
    """Rows by (contact, turn) of the messages that came: their contact, number from 0 and slot."""

    def __init__(self, log: Log) -> None:
        begun = np.flatnonzero(log.outcome != Outcome.NONE)
        messages = log.messages[begun].astype(np.int64)
        self.contact = np.repeat(begun, messages)
        self.number = np.arange(len(self.contact)) - np.repeat(np.cumsum(messages) - messages, messages)
        self.slot = log.first_turn[self.contact] + self.number
        self.worked = log.agent[self.slot] >= 0
        outcome = log.outcome[self.contact]
        silently = (outcome == Outcome.SILENTLY_ABANDONED) | ((outcome == Outcome.LOST) & (self.number > 0))
        silently &= log.start[self.slot] >= log.left[self.contact]
        self.in_vain = self.worked & (silently | (outcome == Outcome.ABANDONED))


class _Work(NamedTuple):
    """Agents' work on turns and wrap-ups in the pieces between suspensions; up to `split` a piece is re-reading."""

    agent: NDArray[Any]
    contact: NDArray[Any]
    start: I64
    split: I64
    end: I64
    wrap_up: NDArray[np.bool_]

    @classmethod
    def of(cls, log: Log, turns: _Turns) -> _Work:
        turn, slot = turns.contact[turns.worked], turns.slot[turns.worked]
        done = np.flatnonzero((log.outcome == Outcome.RESOLVED) & (log.messages == log.turns))
        done = done[log.reply[log.first_turn[done] + log.turns[done] - 1] < NEVER]  # no closing word to come
        last = log.first_turn[done] + log.messages[done] - 1
        finish = np.where(log.reply[slot] < NEVER, log.reply[slot], log.closed[turn])
        agent = np.concatenate([log.agent[slot], log.agent[last]])
        reread = np.concatenate([log.reread[slot], np.zeros_like(done)])

        if not len(log.suspended_contact):  # every piece is whole
            start, end = np.concatenate([log.start[slot], log.reply[last]]), np.concatenate([finish, log.closed[done]])
            wrap_up = np.repeat([False, True], [len(turn), len(done)])
            return cls(agent, np.concatenate([turn, done]), start, np.minimum(start + reread, end), end, wrap_up)

        # turns, wrap-ups and suspensions, these belonging to the turn or wrap-up last begun by then
        contact = np.concatenate([turn, done, log.suspended_contact])
        begun = np.concatenate([log.start[slot], log.reply[last], log.suspended_start])
        kind = np.repeat([0, 1, 2], [len(turn), len(done), len(log.suspended_contact)])
        order = np.lexsort((kind, begun, contact))
        work = np.empty_like(order)
        work[order] = np.cumsum(kind[order] < 2) - 1
        row = order[kind[order] < 2]

        # the i-th start of a work's pieces goes with its i-th end
        start = np.concatenate([log.start[slot], log.reply[last], log.suspended_end])
        end = np.concatenate([finish, log.closed[done], log.suspended_start])
        start, end, work = start[np.lexsort((start, work))], end[np.lexsort((end, work))], np.sort(work)
        before = np.cumsum(end - start) - (end - start)
        before -= before[np.searchsorted(work, work)]
        row = row[work]
        split = start + np.clip(reread[row] - before, 0, end - start)
        return cls(agent[row], contact[row], start, split, end, kind[row] == 1)


def _contacts(plan: Plan, spec: MetricSpec, workload: Workload, log: Log, turns: _Turns, work: _Work) -> dict[str, Any]:
    rows = np.flatnonzero(log.outcome != Outcome.NONE)
    size = len(log.outcome)

    def total(contacts: NDArray[Any], values: NDArray[Any]) -> I64:
        sums = np.zeros(size, dtype=np.int64)
        np.add.at(sums, contacts, values)
        return sums[rows]

    worked, slot = turns.contact[turns.worked], turns.slot[turns.worked]
    first_agent, last_agent = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    answered = np.full(size, NEVER, np.int64)
    real = turns.worked & ~turns.in_vain
    first_agent[turns.contact[real][::-1]] = log.agent[turns.slot[real]][::-1]
    last_agent[turns.contact[real]] = log.agent[turns.slot[real]]
    first = turns.worked & (turns.number == 0)
    dialled = np.full(size, NEVER, np.int64)
    dialled[turns.contact[first]] = log.start[turns.slot[first]]
    first &= ~turns.in_vain & ~workload.outbound[turns.contact]
    answered[turns.contact[first]] = log.start[turns.slot[first]]
    agents = int(log.agent.max(initial=0)) + 1
    pairs = np.unique(worked * agents + log.agent[slot])
    held = log.stretch_agent >= 0
    arrival, queue, outcome = log.arrival[rows], workload.queue[rows], log.outcome[rows]
    waits = log.messages[rows] > 0
    entered = np.where(waits, np.append(log.message, NEVER)[log.first_turn[rows]], NEVER)
    wait = np.where(waits, np.minimum(dialled[rows], log.left[rows]) - entered, 0)
    spent = work.end - work.start
    return {
        "contact": rows,
        "customer": workload.root[rows],
        "parent": _some(log.parent[rows], log.parent[rows] >= 0),
        "link": _names(workload.link[rows], [link.name.lower() for link in Link]),
        "queue": _names(queue, spec.queues),
        "channel": _names(queue, spec.channels),
        # the initial backlog counts as arriving at time 0
        "counted": (np.maximum(arrival, 0) >= plan.warm_up) & (arrival < plan.end),
        "outcome": _names(outcome, [outcome.name.lower() for outcome in Outcome if outcome >= 0]),
        "outbound": workload.outbound[rows],
        "called_back": log.called_back[rows],
        "arrival_us": arrival,
        "entered_us": _time(entered),
        "answer_us": _time(answered[rows]),
        "wait_us": wait,
        "left_us": log.left[rows],
        "closed_us": _time(log.closed[rows]),
        "turns": log.turns[rows],
        "messages": log.messages[rows],
        "replies": total(worked, (log.reply[slot] < NEVER) & ~workload.closing[slot]).astype(np.int32),
        "first_agent": _some(first_agent[rows], first_agent[rows] >= 0),
        "last_agent": _some(last_agent[rows], last_agent[rows] >= 0),
        "agents": np.bincount(pairs // agents, minlength=size)[rows].astype(np.int32),
        "session_us": total(log.stretch_contact[held], (log.stretch_end - log.stretch_start)[held]),
        "work_us": total(work.contact, np.where(work.wrap_up, 0, spent)),
        "reread_us": total(worked, log.reread[slot]),
        "wrap_up_us": total(work.contact, np.where(work.wrap_up, spent, 0)),
        "suspended_us": total(log.suspended_contact, log.suspended_end - log.suspended_start),
    }


def _turns(spec: MetricSpec, workload: Workload, log: Log, turns: _Turns) -> dict[str, Any]:
    slot = turns.slot
    return {
        "contact": turns.contact,
        "turn": (turns.number + 1).astype(np.int32),
        "queue": _names(workload.queue[turns.contact], spec.queues),
        "message_us": log.message[slot],
        "start_us": _some(log.start[slot], turns.worked),
        "reply_us": _some(log.reply[slot], turns.worked & (log.reply[slot] < NEVER) & ~workload.closing[slot]),
        "agent": _some(log.agent[slot], turns.worked),
        "reread_us": np.where(turns.worked, log.reread[slot], 0),
        "in_vain": turns.in_vain,
    }


def _agents(plan: Plan, spec: MetricSpec, workload: Workload, log: Log, work: _Work) -> dict[str, Any]:
    rows: list[tuple[str, NDArray[Any], I64, I64, NDArray[Any] | None]] = []

    agent = plan.shift_agent[log.presence_shift].astype(np.int64)
    shift_end = plan.shift_end[log.presence_shift]
    rows.append(("present", agent, log.presence_start, np.minimum(log.presence_end, shift_end), None))
    rows.append(("overtime", agent, np.maximum(log.presence_start, shift_end), log.presence_end, None))

    # A pause really begins when the presence that reaches into it ends.
    pause_shift = np.concatenate([plan.pause_shift, workload.out_shift])
    pause_start = np.concatenate([plan.pause_start, workload.out_start])
    pause_end = np.concatenate([plan.pause_end, workload.out_end])
    pause_agent = plan.shift_agent[pause_shift].astype(np.int64)
    span = plan.drain_end + 1
    places = np.searchsorted(
        agent * span + log.presence_start, pause_agent * span + np.maximum(pause_start, 0), "right"
    )
    before = np.append(agent, -1)[places - 1] == pause_agent
    reach = np.where(before, np.append(log.presence_end, 0)[places - 1], 0)
    taken = workload.present[pause_shift]
    start = np.maximum(pause_start, reach)
    rows.append(("pause", pause_agent[taken], start[taken], pause_end[taken], None))
    away = ~workload.present
    rows.append(("absent", plan.shift_agent[away], plan.shift_start[away], plan.shift_end[away], None))

    held = log.stretch_agent >= 0
    who, contact = log.stretch_agent[held], log.stretch_contact[held]
    start, end = log.stretch_start[held], log.stretch_end[held]
    rows.append(("session", who, start, end, contact))
    call = plan.one_to_one[workload.queue[contact]]
    answered = log.start[log.first_turn[contact[call]]]
    rows.append(("ring", who[call], start[call], np.minimum(answered, end[call]), contact[call]))

    rows.append(("reread", work.agent, work.start, work.split, work.contact))
    rows += [
        (name, work.agent[kind], work.split[kind], work.end[kind], work.contact[kind])
        for name, kind in (("work", ~work.wrap_up), ("wrap_up", work.wrap_up))
    ]
    rows.append(("suspended", log.suspended_agent, log.suspended_start, log.suspended_end, log.suspended_contact))

    kept = [row[2] < np.minimum(row[3], plan.drain_end) for row in rows]  # what has no length is no row
    activity = np.repeat(np.arange(len(rows), dtype=np.int8), [each.sum() for each in kept])
    agents = np.concatenate([row[1][each] for row, each in zip(rows, kept, strict=True)])
    start = np.concatenate([row[2][each] for row, each in zip(rows, kept, strict=True)])
    end = np.concatenate([row[3][each] for row, each in zip(rows, kept, strict=True)])
    contacts = np.concatenate(
        [np.full(each.sum(), -1) if row[4] is None else row[4][each] for row, each in zip(rows, kept, strict=True)]
    )
    order = _sorted(agents, start, activity, contacts)
    return {
        "agent": agents[order],
        "team": _names(plan.team[agents[order]], spec.teams),
        "start_us": start[order],
        "end_us": np.minimum(end[order], plan.drain_end),
        "activity": _names(activity[order], [row[0] for row in rows]),
        "contact": _some(contacts[order], contacts[order] >= 0),
    }


def _sorted(agents: NDArray[Any], start: I64, activity: NDArray[np.int8], contacts: NDArray[Any]) -> NDArray[Any]:
    """The order by agent, start, activity and contact of rows that already stand by activity.

    Few rows differ by their contact alone, so that only these are sorted by all four.
    """
    order = np.lexsort((start, agents.astype(np.min_scalar_type(agents.max(initial=0)))))  # small numbers sort faster
    same = np.ones(max(len(order) - 1, 0), bool)
    for values in (agents, start, activity):
        same &= values[order[1:]] == values[order[:-1]]
    tied = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))[: len(order)]
    rows = order[tied]
    order[tied] = rows[np.lexsort((contacts[rows], activity[rows], start[rows], agents[rows]))]
    return order


def _names(codes: NDArray[Any], names: Sequence[str]) -> pa.Array:
    """The name of each code; several codes may have the same."""
    import pyarrow as pa

    different = list(dict.fromkeys(names))
    places = np.array([different.index(name) for name in names], dtype=np.int32)
    encoded = [name.encode() for name in different]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    texts = pa.StringArray.from_buffers(len(different), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))
    return pa.DictionaryArray.from_arrays(_some(places[codes]), texts)


def _some(values: NDArray[Any], known: NDArray[np.bool_] | None = None) -> pa.Array:
    """The values, empty where they are not known.

    From their bytes: `pa.array` would import pandas to ask it for time zones.
    """
    import pyarrow as pa

    def bits(flags: NDArray[np.bool_]) -> pa.Buffer:
        return pa.py_buffer(np.packbits(flags, bitorder="little"))

    kind = pa.from_numpy_dtype(values.dtype)
    content = bits(values) if values.dtype == np.bool_ else pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values), [None if known is None else bits(known), content])


def _time(values: I64) -> pa.Array:
    return _some(values, values < NEVER)


def _table(name: str, replication: int, columns: dict[str, Any]) -> pa.Table:
    import pyarrow as pa

    ids = {"contact", "customer", "parent", "agent", "first_agent", "last_agent"}
    size = len(columns["contact"])
    columns = {"replication": np.full(size, replication, np.int32), **columns}
    assert list(columns) == list(MEANING[name])
    arrays = [values if isinstance(values, pa.Array) else _some(values) for values in columns.values()]
    arrays = [array.cast(pa.int32()) if column in ids else array for column, array in zip(columns, arrays, strict=True)]
    fields = [
        pa.field(column, array.type, metadata={"meaning": meaning})
        for (column, meaning), array in zip(MEANING[name].items(), arrays, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))
