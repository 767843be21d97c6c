"""Events that a planner knows of: from a file, or written as `2026-12-01:2026-12-24 +40 %`."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from ccsim.errors import Problem, ScenarioError
from ccsim.forecast.calendar import Event
from ccsim.scenario.data import DataFiles
from ccsim.scenario.faults import Fault, FaultError
from ccsim.scenario.values import duration
from ccsim.tables import SECOND

_WHEN: Final = r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2})?"
_EVENT: Final = re.compile(
    rf"\s*({_WHEN})(?::({_WHEN}))?\s+([+\-−]\s*\d+(?:\.\d+)?)\s*%(?:\s+halving\s+(?:every\s+)?(\S+))?\s*"
)
FORM: Final = 'such as "2026-12-01:2026-12-24 +40 %" or "2026-12-01T10:00 +60 % halving 3h"'
COLUMNS: Final = ("name", "start", "end", "effect", "halving")


def written(text: str) -> Event:
    """The event of an option `--event`. Raises ScenarioError."""
    match = _EVENT.fullmatch(text)
    if match is None:
        raise ScenarioError([Problem("--event", repr(text), FORM)])
    try:
        return _event(text.strip(), match[1], match[2] or "", match[3], match[4] or "")
    except (ValueError, FaultError) as bad:
        raise ScenarioError([Problem("--event", f"{text!r}: {bad}", FORM)]) from None


def read(file: Path) -> tuple[Event, ...]:
    """Events of a CSV file with the columns name, start and, where known, end, effect and halving.

    Without an effect it is learned from past days of that name. Raises ScenarioError with the line.
    """
    problems: list[Problem] = []
    events: list[Event] = []
    try:
        table = DataFiles(file.parent, outside=True).table(file.name, *COLUMNS[:2])
        if missing := [name for name in COLUMNS[:2] if table.heading(name) is None]:
            allowed = f"columns {', '.join(COLUMNS[:2])} and, where known, {', '.join(COLUMNS[2:])}"
            raise FaultError(Fault(f"no column {' and no column '.join(missing)}", allowed))
        columns = [name for name in COLUMNS if name in COLUMNS[:2] or table.heading(name) is not None]
        for line, cells in table.cells(*columns):
            row = dict.fromkeys(COLUMNS, "") | dict(zip(columns, cells, strict=True))
            try:
                if not row["name"]:
                    raise ValueError("no name")
                events.append(_event(*(row[name] for name in COLUMNS)))
            except (ValueError, FaultError) as bad:
                form = 'name, start and end such as 2026-12-01, effect such as "+40 %" or empty'
                problems.append(Problem(f"{file.name}:{line}", str(bad), form, str(file)))
    except FaultError as bad:
        problems += [Problem(fault.row, fault.value, fault.allowed, str(file)) for fault in bad.faults]
    if problems:
        raise ScenarioError(problems)
    return tuple(events)


def _event(name: str, start: str, end: str, effect: str, halving: str) -> Event:
    """Raises ValueError or FaultError."""
    first = datetime.fromisoformat(start)
    if not end:
        last = datetime.combine(first.date(), datetime.min.time()) + timedelta(days=1)
    elif "T" in end:
        last = datetime.fromisoformat(end)
    else:
        last = datetime.combine(date.fromisoformat(end), datetime.min.time()) + timedelta(days=1)
    if last <= first:
        raise ValueError(f"{end} is before {start}")
    share = None
    if effect:
        plain = effect.replace("−", "-").replace("%", "").replace(" ", "")
        share = float(plain) / 100
        if not -1 <= share <= 100:
            raise ValueError(f"{effect}: from -100 % to +10000 %")
    if halving and share is None:
        raise ValueError("halving without an effect")
    half = duration(halving) / SECOND if halving else None
    if half == 0:
        raise ValueError(f"halving {halving}: longer than 0")
    return Event(name, first, last, share, half)
