"""What a scenario that does not repeat its log means: the assumption that most likely fails, with figures beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.fit.check import Check, Compared, shown
from ccsim.fit.contacts import all_contacts, first_contacts
from ccsim.fit.estimate import Fit
from ccsim.fit.quantities import THIN
from ccsim.results import format
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.spreadsheets import csv_text

if TYPE_CHECKING:
    import pandas as pd

IN_ORDER: Final = 0.95
"""Of the contacts that are taken while others wait in the queue, as many at least had waited longest."""


def with_own_arrivals(fit: Fit, folder: Path) -> Scenario:
    """The scenario of that folder, into which the log's own arrivals are put instead of volumes."""
    document = tomllib.loads((folder / "scenario.toml").read_text(encoding="utf-8"))
    contacts = all_contacts(fit.logs)
    begun, _ = first_contacts(contacts, fit.logs)
    start = np.datetime64(datetime.combine(document["start"], time()), "us")
    for number, name in enumerate(document["queue"]):
        came = contacts["arrival"][begun & (contacts["queue"] == name)].to_numpy("datetime64[us]")
        seconds = (np.sort(came[came >= start]) - start) / np.timedelta64(1, "s")
        file = f"own_arrivals_{number}.csv"
        (folder / file).write_text(csv_text(["arrival"], ([second] for second in seconds)), encoding="utf-8")
        document["queue"][name] |= {"volume": {"log": file, "arrived_at": "arrival"}, "open": "always"}
    return read.parse(document, folder)


def waits_differ(checked: Check) -> bool:
    """Whether a figure of waits of some queue over all days does."""
    return any(row.differs and row.weekday is None and row.metric in OF_WAITS for row in checked.compared)


OF_WAITS: Final = ("asa", "abandonment", "service_level")


def findings(fit: Fit, checked: Check, own: Check | None) -> Iterator[str]:
    """What differs by more than chance, and why; `own` is the comparison with the log's own arrivals."""
    if not checked.compared:
        yield "Nothing could be compared: the log has no contacts on the days that the scenario repeats."
    whole = {(row.name, row.metric): row for row in checked.compared if row.weekday is None}
    waits = {
        name: rows
        for name in fit.queues
        if (rows := [whole[name, metric] for metric in OF_WAITS
                     if (name, metric) in whole and whole[name, metric].differs])
    }  # fmt: skip
    shorter = {name for name, rows in waits.items() if _waits_longer(rows) < 0}
    for name in fit.queues:
        for metric in ("offered", "handle_mean"):
            if (name, metric) in whole and whole[name, metric].differs:
                yield f"{_both(whole[name, metric])}: {_cause_of_size(metric, checked.factor)}."
        if name in waits:
            rows = waits[name]
            mixed = bool(shorter) and len(shorter) < len(waits)
            cause, beside = _cause_of_arrivals(rows, own)
            cause = cause or _cause_of_waits(fit, name, _waits_longer(rows), mixed, [row.metric for row in rows])
            yield f"{'; '.join(_both(row) for row in rows)}. Likely cause: {cause}.{beside}"


def _both(row: Compared) -> str:
    return (
        f"{row.name}: {row.of.in_sentence} {shown(row.metric, row.log)} in the log, "
        f"{shown(row.metric, row.scenario.mean)} in the scenario"
    )


def _waits_longer(rows: Sequence[Compared]) -> float:
    """Above 0 where the scenario's waits are longer than the log's."""
    first = rows[0]
    sign = -1 if first.metric == "service_level" else 1
    return sign * (first.scenario.mean - first.log)


def _cause_of_arrivals(rows: Sequence[Compared], own: Check | None) -> tuple[str, str]:
    """A cause, if the log's own arrivals bring its waits back within chance; and the figure that they give."""
    again = [own.of(row.name, row.metric) for row in rows] if own else []
    known = [row for row in again if row is not None]
    if not known:
        return "", ""
    figures = ", ".join(f"{row.of.in_sentence} {shown(row.metric, row.scenario.mean)}" for row in known)
    beside = f" With the log's own times of arrival the scenario has: {figures}."
    closed = len(known) == len(rows) and not any(row.differs for row in known)
    cause = "contacts did not come as the profile of a weekday and the chance of its days have it"
    return cause if closed else "", beside


def taken_in_order(contacts: pd.DataFrame) -> float:
    """Of one queue's contacts that were taken while others waited, the share that had waited longest; 1 if none."""
    mine = contacts[contacts[["answer", "end"]].notna().any(axis=1)].sort_values("arrival", kind="stable")
    until = mine["answer"].fillna(mine["end"]).to_numpy("datetime64[us]").astype(np.int64)
    arrival = mine["arrival"].to_numpy("datetime64[us]").astype(np.int64)
    taken = mine["answer"].notna().to_numpy(np.bool_) & (until > arrival)
    earlier_left = np.append(np.int64(0), np.maximum.accumulate(until))[:-1]
    passed = earlier_left > until
    behind = np.searchsorted(arrival, until) - 1 > np.arange(len(until))
    several = taken & (passed | behind)
    return float(1 - passed[several].mean()) if several.any() else 1.0


def _cause_of_size(metric: str, factor: float) -> str:
    if metric == "offered":
        return "the scenario repeats the mean of each weekday, and these days were busier or quieter than those"
    if factor != 1:
        return f"--calibrate gave agents' time the factor {factor:.3f}"
    return "handle times are pooled over agents, hours and days, and who worked then was faster or slower than the mean"


def _cause_of_waits(fit: Fit, name: str, longer: float, mixed: bool, metrics: Sequence[str]) -> str:
    """The assumption that most likely fails."""
    contacts = all_contacts(fit.logs)
    in_order = taken_in_order(contacts[contacts["queue"] == name]) if len(contacts) else 1.0
    queue, roster = fit.queues[name], fit.rule == "roster"
    causes = (
        (
            not any(name in team.queues for team in fit.teams),
            "the log names no agents of this queue; its staffing is made up to match the work",
        ),
        (
            queue.contacts < THIN,
            f"in {format.several(queue.contacts, 'contact')} the log hardly shows who was there when",
        ),
        (
            in_order < IN_ORDER,
            f"of the contacts that were taken while others waited in this queue {format.percent(in_order, 0)} had "
            "waited longest; the scenario takes all so, and what decides is not in the log",
        ),
        (
            mixed,
            "queues that share agents wait differently from the log, some longer and some shorter: priorities, head "
            "starts or who answers first are not in it",
        ),
        (metrics == ["abandonment"], "patience is one distribution for all hours and is drawn for each caller alone"),
        (queue.slow, "agents let it ring for differing times, and which of these waits were absences is a guess"),
        (roster and longer < 0, "the roster does not show when agents were away or did other work"),
        (roster, "agents worked outside their rostered time, or others helped"),
        (longer > 0, "agents who were there and free are not seen in the log, as it names only who answered"),
        (True, "agents were away or busy with other work that the log does not show"),
    )
    return next(cause for holds, cause in causes if holds)
