"""Logs written by hand, in seconds, for the workloads and plans of tests/tables_by_hand.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ccsim.tables import NEVER, Log, Outcome, Plan, Workload
from tests.tables_by_hand import us

Row = Sequence[Any]


def make_log(
    workload: Workload,
    plan: Plan,
    *,
    contacts: Mapping[int, Row],
    turns: Mapping[int, Row],
    stretches: Sequence[Row],
    presences: Sequence[Row],
    parents: Mapping[int, int] | None = None,
    called_back: Sequence[int] = (),
    suspensions: Sequence[Row] = (),
) -> Log:
    """A log whose integrals are summed from its rows.

    contacts: id -> (outcome, arrival, messages, left, closed); what is not named never began
    turns: slot -> (message, start, reply, agent) or (…, re-reading); start and reply may be None
    stretches: (contact, agent, since, start, end); presences: (shift, start, end); parents: follow-up -> its parent
    suspensions: (contact, agent, start, end); called_back: contacts

    Who does not come from a bot (the first message at the arrival) skips the turns that repeat what it was told.
    """
    n, slots = len(workload.queue), len(workload.work)
    by_contact: dict[str, Any] = {
        "outcome": np.full(n, Outcome.NONE, np.int8),
        "arrival": np.full(n, NEVER),
        "parent": np.full(n, -1, np.int32),
        "first_turn": np.full(n, -1, np.int64),
        "turns": np.zeros(n, np.int32),
        "messages": np.zeros(n, np.int32),
        "left": np.full(n, NEVER),
        "closed": np.full(n, NEVER),
        "called_back": np.isin(np.arange(n), called_back),
    }
    for c, parent in (parents or {}).items():
        by_contact["parent"][c] = parent
    for c, (outcome, arrival, messages, left, closed) in contacts.items():
        parent = by_contact["parent"][c]
        first, count = workload.first_turn[c], workload.turns[c]
        if first < 0:  # a return goes on with its parent's turns
            first = workload.first_turn[parent] + contacts[parent][2]
            count = workload.turns[parent] - contacts[parent][2]
        elif first not in turns or turns[first][0] == arrival:
            first, count = first + workload.bot_repeats[c], count - workload.bot_repeats[c]
        values = (outcome, us(arrival), first, count, messages, us(left), us(closed))
        for name, value in zip(
            ("outcome", "arrival", "first_turn", "turns", "messages", "left", "closed"), values, strict=True
        ):
            by_contact[name][c] = value
    by_turn: dict[str, Any] = {name: np.full(slots, NEVER) for name in ("message", "start", "reply")}
    by_turn |= {"agent": np.full(slots, -1, np.int32), "reread": np.zeros(slots, np.int64)}
    for slot, (message, start, reply, agent, *reread) in turns.items():
        for name, value in (("message", message), ("start", start), ("reply", reply)):
            by_turn[name][slot] = NEVER if value is None else us(value)
        by_turn["agent"][slot] = agent
        by_turn["reread"][slot] = us(reread[0]) if reread else 0

    stretch_contact = np.array([row[0] for row in stretches], np.int32)
    since, start, end = (np.array([us(row[i]) for row in stretches], np.int64) for i in (2, 3, 4))
    began = np.flatnonzero(by_contact["arrival"] < NEVER)

    def area(contact: Any, begin: Any, finish: Any) -> Any:
        inside = np.clip(finish, plan.warm_up, plan.end) - np.clip(begin, plan.warm_up, plan.end)
        total = np.zeros(len(plan.one_to_one), np.int64)
        np.add.at(total, workload.queue[contact], inside)
        return total

    return Log(
        queue=workload.queue,
        **by_contact,
        **by_turn,
        stretch_contact=stretch_contact,
        stretch_agent=np.array([row[1] for row in stretches], np.int32),
        stretch_since=since,
        stretch_start=start,
        stretch_end=end,
        suspended_contact=np.array([row[0] for row in suspensions], np.int32),
        suspended_agent=np.array([row[1] for row in suspensions], np.int32),
        suspended_start=np.array([us(row[2]) for row in suspensions], np.int64),
        suspended_end=np.array([us(row[3]) for row in suspensions], np.int64),
        presence_shift=np.array([row[0] for row in presences], np.int32),
        presence_start=np.array([us(row[1]) for row in presences], np.int64),
        presence_end=np.array([us(row[2]) for row in presences], np.int64),
        queue_area=area(stretch_contact, since, start),
        open_area=area(began, by_contact["arrival"][began], by_contact["closed"][began]),
    )
