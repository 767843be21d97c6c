"""Contacts from a log: the times they came, and the work they took if the log says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ccsim.scenario.cells import durations, moments
from ccsim.scenario.data import CsvTable, DataFiles, few, number
from ccsim.scenario.faults import Fault, FaultError, shown
from ccsim.scenario.values import YEARS, duration


@dataclass(frozen=True)
class Trace:
    """Contacts in file order.

    `arrivals` are local times (naive), instants in UTC (aware) or microseconds since the scenario's start (int), all of
    one kind; `work` are microseconds, None if the log does not give them; `lines` say where each stands in `log`.
    """

    log: str
    arrivals: tuple[datetime | int, ...]
    work: tuple[int, ...] | None
    lines: tuple[int, ...]


def read_trace(files: DataFiles, log: str, arrived_at: str, work: str | None) -> Trace:
    """The contacts of a CSV log; `FaultError` for a missing file or column and for every cell that makes no sense."""
    table = files.table(log, arrived_at, key="log")
    faults: list[Fault] = []
    arrivals: list[datetime | int] = []
    lines: list[int] = []
    for line, (cell,) in table.cells(arrived_at, key="arrived_at", read={arrived_at: moments}):
        try:
            arrivals.append(_arrival(cell))
            lines.append(line)
        except FaultError as bad:
            faults += [table.fault(line, f.value, f.allowed) for f in bad.faults]
    kinds = {_kind(arrival) for arrival in arrivals}
    if len(kinds) > 1:
        faults.append(Fault(f"{' and '.join(sorted(kinds))} in one column", "times of one kind", ("arrived_at",)))
    given = None if work is None else _work(table, work, faults)
    if faults:
        raise FaultError(*few(faults))
    return Trace(log, tuple(arrivals), given, tuple(lines))


def _arrival(cell: str) -> datetime | int:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        value = number(cell)
        if isinstance(value, float):
            return duration(value)
        raise FaultError(
            Fault(shown(cell), "a time such as 2026-03-02T08:30:00, or seconds since the scenario's start")
        ) from None
    if moment.year not in YEARS:  # what systems write for no date at all; no zone can be applied to some
        raise FaultError(Fault(shown(cell), f"a time from {YEARS[0]} to {YEARS[-1]}"))
    return moment if moment.tzinfo is None else moment.astimezone(UTC)


def _kind(arrival: datetime | int) -> str:
    if isinstance(arrival, int):
        return "seconds since the start"
    return "local times" if arrival.tzinfo is None else "times with a UTC offset"


def _work(table: CsvTable, column: str, faults: list[Fault]) -> tuple[int, ...]:
    work: list[int] = []
    for line, (cell,) in table.cells(column, key="work", read={column: durations}):
        try:
            work.append(duration(number(cell)))
        except FaultError as bad:
            faults += [table.fault(line, f.value, f.allowed) for f in bad.faults]
    return tuple(work)
