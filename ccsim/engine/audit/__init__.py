"""What must hold of every log, whichever engine wrote it: derived from docs/model.md alone, never from an engine.

Each check is one function from a `Case` to the faults it found; section numbers are those of docs/model.md. A log
whose shape or stretches are broken is not read any further, since the later checks could not make sense of it.

Where several events fall on one instant the log does not tell their order; there a check accepts every order.
"""

from __future__ import annotations

from typing import Final

from ccsim.engine.audit import agents, contacts, form, shared, work
from ccsim.engine.audit.case import Case
from ccsim.tables import Log, Plan, Workload


def audit(workload: Workload, plan: Plan, log: Log) -> list[str]:
    """The faults of a log, empty if there is none: sentences with the rule, contact or agent, and times in µs."""
    case = Case(workload, plan, log)
    for stage in _STAGES:
        faults = [fault for check in stage for fault in check(case)]
        if faults:
            return faults
    return []


_CHECKS: Final = (
    contacts.links,
    contacts.alternatives,
    contacts.before_the_queue,
    contacts.turns,
    contacts.outcomes,
    contacts.closed,
    contacts.patience,
    contacts.hours,
    contacts.call_backs,
    work.durations,
    work.one_thing_at_a_time,
    work.suspensions,
    shared.shared_attention,
    agents.capacity,
    agents.assignments,
    agents.reservations,
    agents.session_ends,
    agents.presence,
    agents.starts,
    form.integrals,
)
_STAGES: Final = ((form.shape,), (form.dormant, form.unlogged, form.tiling), _CHECKS)
"""Checks in the order in which they can be made: each stage may rely on what the ones before have found right."""
