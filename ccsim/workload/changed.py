"""A workload that a program has changed: still one that the engines can run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ccsim.errors import Problem, ScenarioError, call_own
from ccsim.scenario.faults import shown
from ccsim.tables import Workload

Change = Callable[[Workload, int], Workload]
"""From the workload of a replication and its number, from 1, to the one that is simulated."""

OPEN: tuple[str, ...] = (
    "arrival", "after", "patience", "silent", "held_patience", "bot_time", "asks_human", "contained",
    "accepts_callback", "no_answer", "wrap_up", "work", "latency", "reply_patience", "comeback", "present",
)  # fmt: skip
"""The columns that may be changed: how long, how patient, when and whether; who follows whom is not among them."""


def changed(workload: Workload, change: Change, number: int) -> Workload:
    """What `change` makes of a workload, whose columns it cannot write to.

    Raises ScenarioError for what is no workload of the same contacts.
    """
    if not callable(change):
        raise ScenarioError([Problem("workload", shown(change), "a function of a Workload and its number")])
    given: Any = Workload(*map(_read_only, workload))  # several points of a study share these contacts
    other = call_own("workload", getattr(change, "__name__", "the function"), change, given, number)
    if not isinstance(other, Workload):
        allowed = "a Workload, such as workload._replace(patience=...)"
        raise ScenarioError([Problem("workload", f"the function returns {shown(type(other).__name__)}", allowed)])
    problems = []
    columns: dict[str, Any] = {}
    for name, before, column in zip(Workload._fields, given, other, strict=True):
        after = np.asarray(column)
        if after is before:
            continue
        place = f"workload.{name}"
        if after.shape != before.shape:
            problems.append(Problem(place, f"shape {after.shape}", f"{before.shape}, as it was"))
        elif name not in OPEN and not np.array_equal(after, before):
            problems.append(Problem(place, "changed", f"one of {', '.join(OPEN)}"))
        elif not np.can_cast(after.dtype, before.dtype, "same_kind"):
            problems.append(Problem(place, f"{after.dtype}", f"{before.dtype}; times are whole microseconds"))
        elif after.dtype != bool and (after < np.minimum(before.min(initial=0), 0)).any():
            problems.append(Problem(place, f"{after.min()}", "no less than 0"))
        elif name == "arrival" and not (np.diff(after) >= 0).all():
            problems.append(Problem(place, "out of order", "contacts by time of arrival"))
        else:
            columns[name] = np.require(after, before.dtype, ["C", "W"])
    if problems:
        raise ScenarioError(problems)
    return workload._replace(**columns)


def _read_only(column: Any) -> Any:
    view = np.asarray(column).view()
    view.flags.writeable = False
    return view
